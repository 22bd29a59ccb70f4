package invar.core.testkit;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;
import invar.core.fused.LayerNorm;
import invar.core.fused.LayerNormGrad;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/// Cases of the fused ops: forward, the gradient through a tape (on the reference backend that of the composition), and
/// the gradient ops on values saved by the reference.
final class FusedCases {

    private FusedCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        batchNorm(cases);
        layerNorm(cases);
        l2Normalize(cases);
        cosineSimilarity(cases);
        crossCorrelation(cases);
        barlowTwins(cases);
        ntXent(cases);
        queueNce(cases);
        crossEntropy(cases);
        cases.addAll(AugmentCases.all());
        return cases;
    }

    /// What the reference saves, and y itself, rounded to float.
    private static Input[] outputs(Op op, Input... in) {
        Device reference = Device.open("reference");
        Tensor[] x = new Tensor[in.length];
        for (int i = 0; i < x.length; i++) x[i] = in[i].on(reference);
        Tensor[] out = Ops.apply(op, x);
        Input[] outputs = new Input[out.length];
        for (int i = 0; i < out.length; i++) outputs[i] = Input.of(out[i].shape(), out[i].doubles());
        return outputs;
    }

    private static void batchNorm(List<Case> cases) {
        List<Shape> shapes = List.of(Shape.of(2, 17), Shape.of(9, 5), Shape.of(33, 129), Shape.of(4, 3, 7),
                Shape.of(1, 3, 5, 4), Shape.of(4, 5, 3, 2), Shape.of(2, 7, 17, 9), Shape.of(5, 33, 1, 2),
                Shape.of(3, 2, 31, 33));
        for (Shape shape : shapes) {
            Input x = Input.gaussian(1, shape);
            batchNorm(cases, "", 1e-5, x);
            if (shape.elements() > 700) continue;
            batchNorm(cases, "far from 0", 1e-5, x.map(v -> 100 + 0.1 * v));
            batchNorm(cases, "scaled by 1000", 1e-3, x.scale(1000));
        }
        batchNorm(cases, "constant", 1e-5, Input.gaussian(1, Shape.of(8, 5)).withEvery(1, 0.75));
    }

    private static void batchNorm(List<Case> cases, String what, double epsilon, Input x) {
        Shape channels = Shape.of(x.shape().dim(1));
        Tolerance tolerance = Tolerance.terms(x.shape().elements() / channels.dim(0));
        Input gamma = Input.gaussian(2, channels), beta = Input.gaussian(3, channels);
        Input dy = Input.gaussian(4, x.shape());
        for (boolean relu : new boolean[] {false, true}) {
            BatchNorm op = new BatchNorm(epsilon, relu);
            cases.add(Case.of(what, op, tolerance, x, gamma, beta));
            cases.add(Case.gradient(what, op, tolerance, x, gamma, beta, dy));
            Input residual = Input.gaussian(5, x.shape());
            cases.add(Case.of(what, op, tolerance, x, gamma, beta, residual));
            cases.add(Case.gradient(what + " residual", op, tolerance, x, gamma, beta, residual, dy));
            for (boolean added : new boolean[] {false, true}) {
                Input[] out = added ? outputs(op, x, gamma, beta, residual) : outputs(op, x, gamma, beta);
                BatchNormGrad grad = new BatchNormGrad(epsilon, relu, added);
                cases.add(Case.of(what, grad, tolerance, x, gamma, out[1], out[2], out[0], dy));
            }
        }
    }

    private static void layerNorm(List<Case> cases) {
        for (Shape shape : List.of(Shape.of(7), Shape.of(1, 3), Shape.of(3, 1), Shape.of(2, 17), Shape.of(31, 33),
                Shape.of(7, 129), Shape.of(2, 3, 9), Shape.of(5, 2, 7, 31))) {
            Input x = Input.gaussian(1, shape);
            layerNorm(cases, "", 1e-5, x);
            layerNorm(cases, "far from 0", 1e-6, x.map(v -> 100 + v));
            layerNorm(cases, "scaled by 1000", 1e-5, x.scale(1000));
            if (shape.rank() > 1) layerNorm(cases, "a constant row", 1e-5, x.scaleRows(2, 0, 0));
        }
    }

    private static void layerNorm(List<Case> cases, String what, double epsilon, Input x) {
        Shape features = Shape.of(x.shape().dim(-1));
        long rows = x.shape().elements() / features.dim(0);
        Tolerance tolerance = Tolerance.terms(Math.max(rows, features.dim(0)));
        Input gamma = Input.gaussian(2, features), beta = Input.gaussian(3, features);
        Input dy = Input.gaussian(4, x.shape());
        LayerNorm op = new LayerNorm(epsilon);
        cases.add(Case.of(what, op, tolerance, x, gamma, beta));
        cases.add(Case.gradient(what, op, tolerance, x, gamma, beta, dy));
        Input[] out = outputs(op, x, gamma, beta);
        cases.add(Case.of(what, new LayerNormGrad(), tolerance, x, gamma, out[1], out[2], dy));
    }

    /// Ordinary rows, and others that norms are hard on.
    private static List<Case> onRows(Shape shape, BiFunction<String, Input, List<Case>> make) {
        Input x = Input.gaussian(1, shape);
        List<Case> cases = new ArrayList<>();
        cases.addAll(make.apply("", x));
        cases.addAll(make.apply("scaled by 1000", x.scale(1000)));
        cases.addAll(make.apply("tiny rows", x.scaleRows(2, 1, 1e-6)));
        cases.addAll(make.apply("a row of zeros", x.scaleRows(shape.dim(0), shape.dim(0) - 1, 0)));
        cases.addAll(make.apply("rows under the floor", x.scaleRows(3, 0, 1e-14)));
        return cases;
    }

    private static void l2Normalize(List<Case> cases) {
        for (Shape shape : List.of(Shape.of(7), Shape.of(2, 1), Shape.of(5, 7), Shape.of(31, 33), Shape.of(3, 129),
                Shape.of(2, 3, 5))) {
            cases.addAll(onRows(shape, (what, x) -> l2Normalize(what, 1e-12, x)));
            cases.addAll(l2Normalize("some under a high floor", Math.sqrt(shape.dim(-1)), Input.gaussian(2, shape)));
        }
    }

    private static List<Case> l2Normalize(String what, double epsilon, Input x) {
        Tolerance tolerance = Tolerance.terms(x.shape().dim(-1));
        Input du = Input.gaussian(3, x.shape());
        L2Normalize op = new L2Normalize(epsilon);
        return List.of(Case.of(what, op, tolerance, x), Case.gradient(what, op, tolerance, x, du),
                Case.of(what, new L2NormalizeGrad(epsilon), tolerance, x, outputs(op, x)[1], du));
    }

    private static void cosineSimilarity(List<Case> cases) {
        for (int[] nmd : new int[][] {{1, 1, 3}, {2, 1, 1}, {4, 3, 6}, {7, 5, 17}, {33, 9, 31}, {5, 129, 7}}) {
            Shape rows = Shape.of(nmd[0], nmd[2]);
            Input b = Input.gaussian(2, Shape.of(nmd[1], nmd[2]));
            cases.addAll(onRows(rows, (what, a) -> cosineSimilarity(what, 1e-8, a, b)));
            cases.addAll(onRows(rows, (what, a) -> cosineSimilarity("sides changed, " + what, 1e-8, b, a)));
        }
    }

    private static List<Case> cosineSimilarity(String what, double epsilon, Input a, Input b) {
        int n = a.shape().dim(0), m = b.shape().dim(0);
        Tolerance tolerance = Tolerance.terms(a.shape().dim(1) + Math.max(n, m));
        Input ds = Input.gaussian(3, Shape.of(n, m));
        CosineSimilarity op = new CosineSimilarity(epsilon);
        Input[] out = outputs(op, a, b);
        return List.of(Case.of(what, op, tolerance, a, b), Case.gradient(what, op, tolerance, a, b, ds),
                Case.of(what, new CosineSimilarityGrad(epsilon), tolerance, a, b, out[1], out[2], ds));
    }

    private static void crossCorrelation(List<Case> cases) {
        for (int[] nd : new int[][] {{2, 3}, {3, 1}, {9, 17}, {33, 31}, {129, 5}, {7, 65}}) {
            Input a = Input.gaussian(1, Shape.of(nd[0], nd[1])), b = Input.gaussian(2, Shape.of(nd[0], nd[1]));
            crossCorrelation(cases, "", a, b);
            crossCorrelation(cases, "far from 0", a.map(v -> 10 + v), b.map(v -> v - 100));
            crossCorrelation(cases, "scaled by 1000", a.scale(1000), b);
        }
        Input constant = Input.gaussian(1, Shape.of(8, 5)).withEvery(5, 0.75);
        crossCorrelation(cases, "a constant column", constant, Input.gaussian(2, Shape.of(8, 5)));
        crossCorrelation(cases, "equal sides", Input.gaussian(1, Shape.of(9, 4)), Input.gaussian(1, Shape.of(9, 4)));
    }

    private static void crossCorrelation(List<Case> cases, String what, Input a, Input b) {
        int n = a.shape().dim(0), d = a.shape().dim(1);
        Tolerance tolerance = Tolerance.terms(n + d);
        Input dc = Input.gaussian(3, Shape.of(d, d));
        CrossCorrelation op = new CrossCorrelation(1e-5);
        cases.add(Case.of(what, op, tolerance, a, b));
        cases.add(Case.gradient(what, op, tolerance, a, b, dc));
        Input[] out = outputs(op, a, b);
        cases.add(Case.of(what, new CrossCorrelationGrad(), tolerance, a, b, out[1], out[2], out[3], out[4], dc));
    }

    private static void barlowTwins(List<Case> cases) {
        for (int[] nd : new int[][] {{2, 3}, {3, 5}, {9, 17}, {33, 31}, {7, 65}, {65, 129}, {17, 300}}) {
            Input a = Input.gaussian(1, Shape.of(nd[0], nd[1])), b = Input.gaussian(2, Shape.of(nd[0], nd[1]));
            for (double lambda : new double[] {0.0051, 1}) {
                barlowTwins(cases, "", lambda, a, b);
                // Two rows have almost no gradient: scaled, they are ±1 whatever they were. It is all rounding here.
                if (nd[0] > 2) barlowTwins(cases, "far from 0", lambda, a.map(v -> 10 + v), b.map(v -> v - 100));
                barlowTwins(cases, "scaled by 1000", lambda, a.scale(1000), b);
            }
        }
        Input constant = Input.gaussian(1, Shape.of(4, 8)).withEvery(8, 0.75);
        barlowTwins(cases, "a constant column", 0.1, constant, Input.gaussian(2, Shape.of(4, 8)));
        barlowTwins(cases, "equal sides", 0.1, Input.gaussian(1, Shape.of(4, 9)), Input.gaussian(1, Shape.of(4, 9)));
        barlowTwins(cases, "no weight", 0, Input.gaussian(1, Shape.of(4, 7)), Input.gaussian(2, Shape.of(4, 7)));
    }

    private static void barlowTwins(List<Case> cases, String what, double lambda, Input a, Input b) {
        BarlowTwins op = new BarlowTwins(lambda, 1e-5);
        Tolerance tolerance = Tolerance.terms(a.shape().dim(0) + a.shape().dim(1));
        Input g = Input.scalar(-0.7);
        cases.add(Case.of(what, op, tolerance, a, b));
        cases.add(Case.gradient(what, op, tolerance, a, b, g));
        Input[] out = outputs(op, a, b);
        cases.add(Case.of(what, new BarlowTwinsGrad(lambda), tolerance, a, b, out[1], out[2], out[3], out[4], out[5],
                out[6], out[7], g));
    }

    private static void ntXent(List<Case> cases) {
        for (double[] s : new double[][] {{1, 3, 0.5}, {2, 5, 0.5}, {5, 1, 1}, {5, 7, 0.05}, {7, 17, 0.1},
            {9, 31, 0.07}, {9, 31, 0.015}, {31, 33, 0.2}, {65, 3, 0.5}, {33, 129, 0.5}}) {
            int n = (int) s[0], d = (int) s[1];
            cases.addAll(onRows(Shape.of(2 * n, d), (what, z) -> ntXent(what, s[2], z)));
        }
        Input same = Input.gaussian(1, Shape.of(8, 5)).map(v -> 0.5);
        cases.addAll(ntXent("all rows equal", 0.1, same));
    }

    private static List<Case> ntXent(String what, double temperature, Input z) {
        NtXent op = new NtXent(temperature);
        Tolerance tolerance = Tolerance.terms(z.shape().dim(0) + z.shape().dim(1));
        Input[] out = outputs(op, z);
        Input one = Input.scalar(1), g = Input.scalar(-0.7);
        return List.of(Case.of(what, op, tolerance, z), Case.gradient(what, op, tolerance, z, one),
                Case.of(what, op.recorded(), tolerance, z), Case.gradient(what, op.recorded(), tolerance, z, g),
                Case.of(what, new NtXentGrad(temperature), tolerance, z, out[1], out[2], g));
    }

    private static void queueNce(List<Case> cases) {
        for (int[] s : new int[][] {{1, 1, 1}, {2, 1, 3}, {3, 7, 1}, {5, 129, 17}, {17, 31, 33}, {33, 300, 5},
            {9, 2050, 3}}) {
            Shape rows = Shape.of(s[0], s[2]);
            Input q = Input.gaussian(1, rows), k = Input.gaussian(2, rows);
            Input queue = Input.gaussian(3, Shape.of(s[1], s[2]));
            queueNce(cases, "", 0.5, q, k, queue);
            queueNce(cases, "", 0.07, q, k, queue);
            queueNce(cases, "a query of zeros", 0.2, q.scaleRows(s[0], 0, 0), k, queue);
            if (s[1] > 300) continue;
            queueNce(cases, "scaled by 1000", 1, q.scale(1000), k, queue);
            queueNce(cases, "keys that grow", 0.1, q, k, queue.scaleRows(5, 4, 30));
            queueNce(cases, "all keys equal", 0.1, q, k.map(v -> 0.5), queue.map(v -> 0.5));
        }
    }

    private static void queueNce(List<Case> cases, String what, double temperature, Input q, Input k, Input queue) {
        QueueNce op = new QueueNce(temperature);
        Tolerance tolerance = Tolerance.terms(queue.shape().dim(0) + queue.shape().dim(1));
        cases.add(Case.of(what, op, tolerance, q, k, queue));
        cases.add(Case.gradient(what, op, tolerance, q, k, queue, Input.scalar(-0.7)));
    }

    private static void crossEntropy(List<Case> cases) {
        for (int[] nk : new int[][] {{1, 1}, {1, 5}, {2, 17}, {9, 3}, {33, 129}, {5, 1031}, {129, 7}}) {
            Input x = Input.gaussian(1, Shape.of(nk[0], nk[1]));
            Input labels = Input.integersBelow(nk[1], 2, Shape.of(nk[0]));
            crossEntropy(cases, "", 0, -100, x, labels);
            crossEntropy(cases, "", 0.1, -100, x, labels);
            if (nk[0] * nk[1] > 700) continue;
            int[] some = labels.ints();
            for (int i = 1; i < some.length; i += 3) some[i] = -1;
            crossEntropy(cases, "scaled by 1000", 0, -100, x.scale(1000), labels);
            crossEntropy(cases, "all equal", 0, -100, x.withEvery(1, 100), labels);
            crossEntropy(cases, "rows left out", 0.1, -1, x, Input.integers(labels.shape(), some));
            if (nk[0] > 2) crossEntropy(cases, "a class left out", 0.1, labels.ints()[1], x, labels);
        }
        Input masked = Input.gaussian(1, Shape.of(4, 5)).withEvery(5, Double.NEGATIVE_INFINITY);
        crossEntropy(cases, "logits of −∞", 0, -100, masked, Input.integers(Shape.of(4), 1, 2, 3, 4));
    }

    private static void crossEntropy(
            List<Case> cases, String what, double smoothing, int ignore, Input x, Input labels) {
        int n = x.shape().dim(0), k = x.shape().dim(1);
        Tolerance tolerance = Tolerance.terms((long) Math.max(n, k));
        SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(smoothing, ignore);
        SoftmaxCrossEntropyGrad backward = new SoftmaxCrossEntropyGrad(smoothing, ignore);
        Input weight = Input.gaussian(4, Shape.of(k)).map(v -> 0.1 + v * v);
        Input one = Input.scalar(1), g = Input.scalar(-0.7);
        cases.add(Case.of(what, op, tolerance, x, labels));
        cases.add(Case.of(what + ", weighted", op, tolerance, x, labels, weight));
        cases.add(Case.gradient(what, op, tolerance, x, labels, one));
        cases.add(Case.gradient(what + ", weighted", op, tolerance, x, labels, weight, one));
        Input[] out = outputs(op, x, labels), weighted = outputs(op, x, labels, weight);
        cases.add(Case.of(what, backward, tolerance, x, labels, out[1], out[2], out[3], g));
        cases.add(Case.of(what + ", weighted", backward, tolerance, x, labels,
                weighted[1], weighted[2], weighted[3], g, weight));
    }
}
