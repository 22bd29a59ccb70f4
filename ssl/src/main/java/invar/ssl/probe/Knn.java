package invar.ssl.probe;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Tensor;
import java.util.stream.IntStream;

/// Weighted k-nearest-neighbour classification in feature space (Wu, Xiong, Yu, Lin 2018,
/// [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Sec. 3.4), the usual probe while training:
/// ```
/// score(b, c) = Σ exp(f_b · bank_j / τ)   over the k rows j of the bank most similar to f_b whose label is c
/// ```
/// and the prediction is the class of the largest score. The similarities are one matrix product for each block of
/// queries on the device; the k largest of each row are picked on the host.
///
/// Departure: where the bank has fewer than k rows, all of them vote, as in solo-learn.
public final class Knn {

    /// Similarities held at once: 16 MiB of floats, a few matrix products' worth however large the bank is.
    private static final int BLOCK = 1 << 22;

    private Knn() {}

    /// @param predictions the class of each query
    /// @param scores      (queries, classes), row-major; the sum of the weights that voted for each class
    public record Result(int[] predictions, double[] scores) {

        /// The share of right predictions, in [0, 1].
        public double accuracy(int[] labels) {
            return Accuracy.of(predictions, labels);
        }
    }

    /// Classifies every row of `features`.
    ///
    /// @param features    (B, D), rows of unit length; used as given
    /// @param bank        (M, D), rows of unit length; used as given
    /// @param bankLabels  M classes in 0 … classes − 1
    /// @param k           neighbours that vote, ≥ 1; 200 in the paper
    /// @param temperature τ > 0; 0.07 in the paper
    /// @param classes     how many there are
    /// @throws IllegalArgumentException if one of these rules is broken
    public static Result predict(
            Tensor features, Tensor bank, int[] bankLabels, int k, double temperature, int classes) {
        int queries = features.dim(0), rows = bank.dim(0);
        check(rows, bankLabels, k, temperature, classes);
        int[] predictions = new int[queries];
        double[] scores = new double[queries * classes];
        int kept = Math.min(k, rows), block = Math.clamp(BLOCK / rows, 1, queries);
        Device device = features.device();
        for (int from = 0; from < queries; from += block) {
            int first = from, to = Math.min(queries, from + block);
            float[] similarities;
            try (Scope _ = device.scope()) {
                similarities = features.rows(from, to).matmulT(bank).floats();               // (block, M)
            }
            IntStream.range(first, to).parallel().forEach(query -> {
                Nearest nearest = new Nearest(kept);
                nearest.offerAll(similarities, (query - first) * rows, rows);
                vote(nearest, bankLabels, temperature, scores, query * classes);
                predictions[query] = largest(scores, query * classes, classes);
            });
        }
        return new Result(predictions, scores);
    }

    private static void check(int rows, int[] bankLabels, int k, double temperature, int classes) {
        if (bankLabels.length != rows) {
            throw new IllegalArgumentException(
                    "a bank of " + rows + " rows needs as many labels, not " + bankLabels.length);
        }
        if (k < 1) throw new IllegalArgumentException("k must be at least 1 but is " + k);
        if (!(temperature > 0)) throw new IllegalArgumentException("temperature must be > 0 but is " + temperature);
        for (int label : bankLabels) {
            if (label < 0 || label >= classes) {
                throw new IllegalArgumentException("the bank's label " + label + " is not in 0 … " + (classes - 1));
            }
        }
    }

    private static void vote(Nearest nearest, int[] labels, double temperature, double[] scores, int at) {
        for (int i = 0; i < nearest.size; i++) {
            scores[at + labels[nearest.place[i]]] += Math.exp(nearest.value[i] / temperature);
        }
    }

    private static int largest(double[] values, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values[from + i] > values[from + best]) best = i;
        }
        return best;
    }

    /// The k largest values seen so far and their places, as a heap whose root is the smallest of them: most values of
    /// a large bank are turned away by one comparison with the root. Of equal values the earlier one stays.
    private static final class Nearest {

        final float[] value;
        final int[] place;
        int size;

        Nearest(int k) {
            value = new float[k];
            place = new int[k];
        }

        void offerAll(float[] values, int from, int count) {
            for (int i = 0; i < count; i++) {
                float x = values[from + i];
                if (size < value.length) {
                    rise(size++, x, i);
                } else if (x > value[0]) {
                    sink(x, i);
                }
            }
        }

        private void rise(int at, float x, int where) {
            while (at > 0) {
                int parent = (at - 1) / 2;
                if (!smaller(x, where, parent)) break;
                value[at] = value[parent];
                place[at] = place[parent];
                at = parent;
            }
            value[at] = x;
            place[at] = where;
        }

        private void sink(float x, int where) {
            int at = 0;
            for (int child = 1; child < size; child = 2 * at + 1) {
                if (child + 1 < size && smaller(value[child + 1], place[child + 1], child)) child++;
                if (smaller(x, where, child)) break;
                value[at] = value[child];
                place[at] = place[child];
                at = child;
            }
            value[at] = x;
            place[at] = where;
        }

        /// True if (x, where) leaves the heap before entry `other`: smaller, or equal and later.
        private boolean smaller(float x, int where, int other) {
            return x < value[other] || x == value[other] && where > place[other];
        }
    }
}
