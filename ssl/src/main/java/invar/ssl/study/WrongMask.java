package invar.ssl.study;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.method.SimClr;
import invar.ssl.probe.Health;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// SimCLR with two common mistakes in the mask of its loss, NT-Xent: Chen et al. 2020,
/// [arXiv:2002.05709](https://arxiv.org/abs/2002.05709), Eq. 1 and Algorithm 1.
final class WrongMask implements Study {

    private static final int HIDDEN = 64, PROJECTION = 32;
    private static final double TEMPERATURE = 0.1;

    /// Which entries of the similarities (2N, 2N) are left out of a row, and which is its right answer.
    enum Mask {
        /// Row i itself is left out, its other view is right.
        RIGHT("self left out, as published"),
        /// Nothing is left out: the denominator has e^(1/τ), the largest term there can be, which no training changes.
        /// At τ = 0.1 that is 22026, and the other terms begin near 1 each: they hardly push, and the pull never ends.
        SELF_LEFT_IN("self left in"),
        /// The other view is left out and row i itself is right, as where the mask is that of the positives.
        POSITIVE_MASKED("positive left out");

        private final String title;

        Mask(String title) {
            this.title = title;
        }

        /// The mean cross entropy over the 2N rows.
        ///
        /// @param z (2N, D), rows i and i + N are two views of one image
        Tensor loss(Tensor z, double temperature) {
            if (this == RIGHT) return Losses.ntXent(z, temperature);
            int rows = z.dim(0), n = rows / 2;
            Tensor unit = Losses.normalize(z);
            Tensor s = unit.matmulT(unit).scale(1 / temperature);                            // (2N, 2N)
            if (this == SELF_LEFT_IN) {
                return Losses.crossEntropy(s, z.device().constant(new Others(rows), () -> z.device().integers(
                        Shape.of(rows), IntStream.range(0, rows).map(i -> (i + n) % rows).toArray())));
            }
            Tensor out = z.device().constant(new Out(rows), () -> z.device().tensor(Shape.of(rows, rows),
                    IntStream.range(0, rows * rows).mapToDouble(i -> i % rows == (i / rows + n) % rows ? -1e9 : 0)
                            .toArray()));                                                    // e to that is 0
            return Losses.matching(s.add(out));
        }
    }

    /// The labels (i + N) mod 2N.
    private record Others(int rows) {}

    /// −10⁹ in columns (i + N) mod 2N, else 0.
    private record Out(int rows) {}

    /// SimCLR's networks with a loss of this mask.
    private record Masked(SimClr right, Mask mask) implements SslMethod {

        @Override
        public Tensor loss(Views views, Step step) {
            if (mask == Mask.RIGHT) return right.loss(views, step);
            Tensor x = views.first().concat(0, views.second());
            Tensor h = right.encoder().apply(x, Mode.TRAIN);
            return mask.loss(right.head().orElseThrow().apply(h, Mode.TRAIN), TEMPERATURE);
        }

        @Override
        public Map<String, Tensor> parameters() {
            return right.parameters();
        }

        @Override
        public Map<String, Tensor> state() {
            return right.state();
        }

        @Override
        public Layer encoder() {
            return right.encoder();
        }

        @Override
        public Tensor embed(Tensor images) {
            return right.embed(images);
        }

        @Override
        public double chanceLevel(int images) {
            return right.chanceLevel(images);
        }
    }

    @Override
    public String name() {
        return "simclr-mask";
    }

    @Override
    public String question() {
        return "Would one notice a wrong mask in SimCLR's loss?";
    }

    @Override
    public String expectation() {
        return """
                Both mistakes train, and neither looks wrong from the loss, in which other terms are added up. What can
                be compared is what is learnt. With the similarity of a row to itself left in, that constant term is
                most of the denominator: other images hardly push, the other view pulls as before, and the embeddings
                keep together in fewer directions: a lower effective rank. With the positive left out, and the row
                itself for the right answer, nothing asks two views to agree: alignment, the squared distance of two
                views of an image, stays near the 2 of two images drawn at random.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        Map<String, Object> settings = Map.of("hidden", HIDDEN, "projection", PROJECTION, "temperature", TEMPERATURE);
        SimClr.Config config = new SimClr.Config(HIDDEN, PROJECTION, TEMPERATURE);
        for (Mask mask : List.of(Mask.values())) {
            rows.put(mask.title, lab.train(mask.title, lab.config("simclr", settings, "drawings", 0.1),
                    (Setup setup) -> new Masked(new SimClr(config, setup), mask)));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        Map<String, Double> right = Study.row(rows, 0), self = Study.row(rows, 1), out = Study.row(rows, 2);
        return right.get(Health.ALIGNMENT) < 1 && out.get(Health.ALIGNMENT) > 1.5
                && self.get(Health.RANK) < 0.8 * right.get(Health.RANK);
    }
}
