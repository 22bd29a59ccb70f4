package invar.ssl.check;

import invar.core.Device;
import invar.core.Tensor;
import invar.ssl.probe.Accuracy;
import invar.ssl.probe.Knn;
import java.util.Arrays;
import java.util.Map;

/// The golden ops that measure representations: each runs a class of [invar.ssl.probe].
final class MetricOps {

    private MetricOps() {}

    static Map<String, GoldenOp> all() {
        return Map.of("knn", MetricOps::knn, "topk_accuracy", MetricOps::topK);
    }

    private static void knn(GoldenCase golden, Device device, Outputs out) {
        int classes = golden.integer("num_classes");
        Knn.Result result = Knn.predict(golden.on(device, "features"), golden.on(device, "bank"),
                golden.integers("bank_labels"), golden.integer("k"), golden.number("temperature"), classes);
        int rows = result.predictions().length;
        out.put("prediction", result.predictions(), rows);
        out.put("scores", result.scores(), rows, classes);
        out.put("accuracy", result.accuracy(golden.integers("query_labels")));
    }

    private static void topK(GoldenCase golden, Device device, Outputs out) {
        Tensor logits = golden.on(device, "logits");
        int[] labels = golden.integers("labels"), ks = golden.integerList("ks");
        out.put("topk", Arrays.stream(ks).mapToDouble(k -> Accuracy.topK(logits, labels, k)).toArray(), ks.length);
    }
}
