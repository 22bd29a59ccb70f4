package invar.ssl.check;

import static invar.ssl.check.Differentiated.loss;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.Losses;
import invar.ssl.part.Center;
import invar.ssl.part.FeatureQueue;
import invar.ssl.part.MemoryBank;
import invar.ssl.part.Sinkhorn;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The golden ops of methods that keep something beside their networks or assign targets: each runs a class of
/// [invar.ssl.part] and [Losses].
final class PartOps {

    private PartOps() {}

    static Map<String, GoldenOp> all() {
        Map<String, GoldenOp> ops = new TreeMap<>();
        ops.put("sinkhorn", (c, device, out) -> out.put("q", sinkhorn(c).assign(c.on(device, "scores"))));
        ops.put("swav", loss(PartOps::swav));
        ops.put("dino", loss(PartOps::dino));
        ops.put("moco_queue_update", PartOps::queue);
        ops.put("memory_bank_update", (c, device, out) -> {
            MemoryBank bank = new MemoryBank(c.on(device, "bank"));
            bank.update(c.on(device, "v"), c.on(device, "index"), c.number("momentum"));
            out.put("bank_after", bank.rows());
        });
        ops.put("npid_softmax", loss(PartOps::nonParametricSoftmax));
        ops.put("npid_nce", loss(PartOps::noiseContrastive));
        return ops;
    }

    private static Sinkhorn sinkhorn(GoldenCase golden) {
        return new Sinkhorn(golden.number("epsilon"), golden.integer("iterations"));
    }

    /// The views of a tensor (V, N, K), each (N, K).
    private static List<Tensor> views(Tensor all) {
        List<Tensor> views = new ArrayList<>();
        for (int v = 0; v < all.dim(0); v++) views.add(all.rows(v, v + 1).reshape(all.dim(1), all.dim(2)));
        return views;
    }

    private static Tensor swav(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        List<Tensor> scores = views(in.get("scores"));
        int assigning = golden.integer("n_assign");
        List<Tensor> targets = scores.subList(0, assigning).stream().map(sinkhorn(golden)::assign).toList();
        Tensor first = targets.getFirst();
        Tensor q = first.concat(0, targets.subList(1, assigning).toArray(Tensor[]::new));
        out.put("q", q.reshape(assigning, first.dim(0), first.dim(1)));
        double tau = golden.number("temperature");
        return Losses.acrossViews(scores.stream().map(s -> s.scale(1 / tau)).toList(), targets);
    }

    private static Tensor dino(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        Center center = new Center(in.get("center"));
        List<Tensor> teacher = views(in.get("teacher"));
        double tau = golden.number("teacher_temp"), studentTau = golden.number("student_temp");
        List<Tensor> targets = teacher.stream().map(t -> center.target(t, tau)).toList();
        List<Tensor> logits = views(in.get("student")).stream().map(s -> s.scale(1 / studentTau)).toList();
        Tensor loss = Losses.acrossViews(logits, targets);
        center.update(teacher, in.device().scalar(golden.number("center_momentum")));
        out.put("center_after", center.value());
        return loss;
    }

    private static void queue(GoldenCase golden, Device device, Outputs out) {
        Tensor pointer = device.integers(Shape.of(), golden.integer("ptr"));
        FeatureQueue queue = new FeatureQueue(golden.on(device, "queue"), pointer);
        queue.enqueue(golden.on(device, "keys"));
        out.put("queue_after", queue.rows());
        out.put("ptr_after", queue.pointer());
    }

    private static Tensor nonParametricSoftmax(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        MemoryBank bank = new MemoryBank(in.get("bank"));
        Tensor logits = bank.logits(in.get("v"), golden.number("temperature"));
        out.put("logits", logits);
        Tensor loss = Losses.crossEntropy(logits, in.get("index"));
        bankAfter(golden, in, out);
        return loss;
    }

    private static Tensor noiseContrastive(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        MemoryBank bank = new MemoryBank(in.get("bank"));
        int[] right = golden.integers("index"), noise = golden.integers("noise_index");
        int n = right.length, m = golden.integer("m");
        int[] chosen = new int[n * (1 + m)];
        for (int i = 0; i < n; i++) {
            chosen[i * (1 + m)] = right[i];
            System.arraycopy(noise, i * m, chosen, i * (1 + m) + 1, m);
        }
        Tensor weights = bank.weights(
                in.get("v"), in.device().integers(Shape.of(n, 1 + m), chosen), golden.number("temperature"));
        Tensor p = weights.scale(1 / golden.number("z"));
        out.put("p", p);
        out.put("z_estimate", bank.normaliser(weights));
        bankAfter(golden, in, out);
        return Losses.noiseContrastive(p, golden.integer("n"));
    }

    /// A bank of its own is moved: the gradient, taken later, needs the old one.
    private static void bankAfter(GoldenCase golden, Differentiated.Inputs in, Outputs out) {
        MemoryBank moved = new MemoryBank(golden.on(in.device(), "bank"));
        moved.update(in.get("v"), in.get("index"), golden.number("momentum"));
        out.put("bank_after", moved.rows());
    }
}
