package invar.ssl.check;

import static invar.ssl.check.Differentiated.function;

import invar.core.Tensor;
import invar.ssl.Losses;
import java.util.Map;
import java.util.TreeMap;

/// The golden ops that are layers or functions of one tensor.
final class LayerOps {

    private LayerOps() {}

    static Map<String, GoldenOp> all() {
        Map<String, GoldenOp> ops = new TreeMap<>();
        ops.put("relu", function("y", (c, in) -> in.get("x").relu()));
        ops.put("gelu", function("y", (c, in) -> in.get("x").gelu()));
        ops.put("softmax", function("y", (c, in) -> in.get("x").softmax(c.integer("axis"))));
        ops.put("log_softmax", function("y", (c, in) -> in.get("x").logSoftmax(c.integer("axis"))));
        ops.put("l2_normalize", function("y", (c, in) -> Losses.normalize(in.get("x"), c.number("eps"))));
        ops.put("max_pool2d", function("y", (c, in) ->
                in.get("x").maxPool2d(c.integer("kernel"), c.integer("stride"), c.integer("padding"))));
        ops.put("adaptive_avg_pool2d", function("y", LayerOps::globalAverage));
        return ops;
    }

    private static Tensor globalAverage(GoldenCase golden, Differentiated.Inputs in) {
        if (golden.integer("output_size") != 1) throw new GoldenException("only the mean over the whole image is supported");
        Tensor y = in.get("x").globalAvgPool();
        return y.reshape(y.dim(0), y.dim(1), 1, 1);
    }
}
