package invar.ssl.check;

import static invar.ssl.check.Differentiated.function;
import static invar.ssl.check.Differentiated.loss;

import invar.core.ContractionOp;
import invar.core.Tensor;
import invar.nn.Activation;
import invar.nn.BatchNorm;
import invar.nn.Conv2d;
import invar.nn.GlobalAvgPool;
import invar.nn.LayerNorm;
import invar.nn.Linear;
import invar.nn.MaxPool2d;
import invar.nn.Mode;
import invar.ssl.Losses;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The golden ops that are layers or functions of one tensor: each runs a layer of [invar.nn], or the tensor's own
/// method where there is no layer.
final class LayerOps {

    private LayerOps() {}

    static Map<String, GoldenOp> all() {
        Map<String, GoldenOp> ops = new TreeMap<>();
        ops.put("linear", function("y", (c, in) -> linear(in).apply(in.get("x"), Mode.TRAIN)));
        ops.put("parametric_softmax", loss(LayerOps::parametricSoftmax));
        ops.put("conv2d", function("y", LayerOps::conv2d));
        ops.put("batch_norm_1d", function("y", LayerOps::batchNorm));
        ops.put("batch_norm_2d", function("y", LayerOps::batchNorm));
        ops.put("layer_norm", function("y", (c, in) ->
                new LayerNorm(in.get("weight"), in.get("bias"), c.number("eps")).apply(in.get("x"), Mode.TRAIN)));
        ops.put("relu", function("y", (c, in) -> Activation.RELU.apply(in.get("x"), Mode.TRAIN)));
        ops.put("gelu", function("y", (c, in) -> Activation.GELU.apply(in.get("x"), Mode.TRAIN)));
        ops.put("softmax", function("y", (c, in) -> in.get("x").softmax(c.integer("axis"))));
        ops.put("log_softmax", function("y", (c, in) -> in.get("x").logSoftmax(c.integer("axis"))));
        ops.put("l2_normalize", function("y", (c, in) -> Losses.normalize(in.get("x"), c.number("eps"))));
        ops.put("max_pool2d", function("y", (c, in) ->
                new MaxPool2d(c.integer("kernel"), c.integer("stride"), c.integer("padding"))
                        .apply(in.get("x"), Mode.TRAIN)));
        ops.put("adaptive_avg_pool2d", function("y", LayerOps::globalAverage));
        return ops;
    }

    private static Linear linear(Differentiated.Inputs in) {
        return new Linear(in.get("weight"), in.optional("bias"));
    }

    private static Tensor parametricSoftmax(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Tensor logits = linear(in).apply(in.get("x"), Mode.TRAIN);
        out.put("logits", logits);
        return Losses.crossEntropy(logits, in.get("labels"));
    }

    private static Tensor conv2d(GoldenCase golden, Differentiated.Inputs in) {
        int[] stride = golden.integerList("stride"), padding = golden.integerList("padding");
        int[] dilation = golden.integerList("dilation");
        ContractionOp.Conv2d geometry = new ContractionOp.Conv2d(stride[0], stride[1], padding[0], padding[1],
                dilation[0], dilation[1], golden.integer("groups"));
        return new Conv2d(in.get("weight"), in.optional("bias"), geometry).apply(in.get("x"), Mode.TRAIN);
    }

    private static Tensor batchNorm(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        BatchNorm layer = new BatchNorm(Optional.of(in.get("weight")), Optional.of(in.get("bias")),
                in.get("running_mean"), in.get("running_var"), golden.number("momentum"), golden.number("eps"), false);
        boolean training = golden.flag("training");
        Tensor y = layer.apply(in.get("x"), training ? Mode.TRAIN : Mode.EVAL);
        if (training) {
            out.put("running_mean_after", layer.runningMean());
            out.put("running_var_after", layer.runningVar());
        }
        return y;
    }

    private static Tensor globalAverage(GoldenCase golden, Differentiated.Inputs in) {
        if (golden.integer("output_size") != 1) {
            throw new GoldenException("only the mean over the whole image is supported, output_size 1");
        }
        Tensor y = new GlobalAvgPool().apply(in.get("x"), Mode.TRAIN);
        return y.reshape(y.dim(0), y.dim(1), 1, 1);
    }
}
