package invar.ssl.check;

import static invar.ssl.check.Differentiated.function;
import static invar.ssl.check.Differentiated.loss;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Ops;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.probe.Accuracy;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The golden ops that are losses: each runs [Losses], or the fused op where [Losses] leaves an option out.
final class LossOps {

    private LossOps() {}

    static Map<String, GoldenOp> all() {
        Map<String, GoldenOp> ops = new TreeMap<>();
        ops.put("nt_xent", loss((c, in) ->
                Losses.ntXent(in.get("z_a").concat(0, in.get("z_b")), c.number("temperature"))));
        ops.put("cosine_similarity_matrix", function("s", (c, in) ->
                Losses.cosineSimilarityMatrix(in.get("a"), in.get("b"), c.number("eps"))));
        ops.put("cross_correlation_matrix", function("c", (c, in) ->
                Losses.crossCorrelation(in.get("z_a"), in.get("z_b"), c.number("eps"))));
        ops.put("cross_entropy", loss(LossOps::crossEntropy));
        ops.put("rotation_cross_entropy", loss(LossOps::classification));
        ops.put("jigsaw_cross_entropy", loss(LossOps::classification));
        ops.put("mse", loss((c, in) -> Losses.meanSquaredError(in.get("pred"), in.get("target"))));
        ops.put("barlow_twins", loss(LossOps::barlowTwins));
        ops.put("vicreg", loss(LossOps::vicReg));
        ops.put("byol", loss((c, in, out) -> bothWays(in, out, Losses::regression)));
        ops.put("simsiam", loss((c, in, out) -> bothWays(in, out, Losses::negativeCosine).scale(0.5)));
        ops.put("info_nce_queue", LossOps::infoNce);
        ops.put("distillation", loss((c, in) -> {
            double tau = c.number("temperature");
            return Losses.distillation(in.get("student"), in.get("teacher"), tau)
                    .scale(c.flag("tau_squared") ? tau * tau : 1);
        }));
        ops.put("proximal", loss((c, in) -> Losses.proximal(in.get("v"), in.get("v_old"), c.number("lambda"))));
        ops.put("cpc_infonce", loss(LossOps::cpc));
        ops.put("koleo", loss((c, in) -> Losses.koLeo(in.get("x"))));
        ops.put("alignment", loss((c, in) -> Losses.alignment(in.get("x"), in.get("y"), c.number("alpha"))));
        ops.put("uniformity", loss((c, in) -> Losses.uniformity(in.get("x"), c.number("t"))));
        ops.put("hypersphere", loss((c, in) -> Losses.hypersphere(
                in.get("z_a"), in.get("z_b"), c.number("alpha"), c.number("t"), c.number("lam"))));
        return ops;
    }

    private static Tensor crossEntropy(GoldenCase golden, Differentiated.Inputs in) {
        var op = new SoftmaxCrossEntropy(golden.number("label_smoothing"), golden.integer("ignore_index"));
        Tensor logits = in.get("logits"), labels = in.get("labels");
        return in.optional("class_weight")
                .map(weight -> Ops.run(op, logits, labels, weight))
                .orElseGet(() -> Ops.run(op, logits, labels));
    }

    private static Tensor classification(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Tensor logits = in.get("logits");
        out.put("top1", Accuracy.topK(logits, golden.integers("labels"), 1));
        return Losses.crossEntropy(logits, in.get("labels"));
    }

    private static Tensor barlowTwins(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Tensor a = in.get("z_a"), b = in.get("z_b");
        double epsilon = golden.number("bn_eps");
        out.put("c", Losses.crossCorrelation(a, b, epsilon));
        return Losses.barlowTwins(a, b, golden.number("lambda"), epsilon);
    }

    private static Tensor vicReg(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Tensor a = in.get("z_a"), b = in.get("z_b");
        double epsilon = golden.number("eps");
        out.put("inv", Losses.meanSquaredError(a, b));
        out.put("var", Losses.variance(a, epsilon).add(Losses.variance(b, epsilon)).scale(0.5));
        out.put("cov", Losses.covariance(a).add(Losses.covariance(b)));
        return Losses.vicReg(a, b, golden.number("sim_coeff"), golden.number("std_coeff"), golden.number("cov_coeff"),
                epsilon);
    }

    /// The contexts' predictions W c against the candidates z.
    private static Tensor cpc(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Tensor predictions = new Linear(in.get("weight"), Optional.empty()).apply(in.get("c"), Mode.TRAIN);
        Tensor scores = predictions.matmulT(in.get("z"));
        out.put("scores", scores);
        return switch (golden.text("softmax_over")) {
            case "candidates" -> Losses.matching(scores);
            case "contexts" -> Losses.matching(scores.permute(1, 0));
            default -> throw new GoldenException("softmax_over is neither candidates nor contexts");
        };
    }

    private interface Pair {
        Tensor loss(Tensor p, Tensor z);
    }

    /// One loss from view a's prediction to view b's projection, and one back.
    private static Tensor bothWays(Differentiated.Inputs in, Outputs out, Pair pair) {
        Tensor ab = pair.loss(in.get("p_a"), in.get("z_b")), ba = pair.loss(in.get("p_b"), in.get("z_a"));
        out.put("loss_ab", ab);
        out.put("loss_ba", ba);
        return ab.add(ba);
    }

    private static void infoNce(GoldenCase golden, Device device, Outputs out) {
        Tensor q = golden.on(device, "q"), queue = golden.on(device, "queue");
        Tensor k = Losses.normalize(golden.on(device, "k"));
        double tau = golden.number("temperature");
        try (Tape tape = Tape.watching(q)) {
            Tensor unit = Losses.normalize(q);
            Tensor loss = Losses.infoNce(unit, k, queue, tau);
            Gradients gradients = tape.gradients(loss);
            out.put("loss", loss);
            out.put("grad_q", gradients.of(q));
            out.put("grad_q_unit", gradients.of(unit));
            Tensor logits = Losses.infoNceLogits(unit, k, queue, tau);
            out.put("logits", logits);
            out.put("top1", Accuracy.topK(logits, new int[q.dim(0)], 1));
        }
    }
}
