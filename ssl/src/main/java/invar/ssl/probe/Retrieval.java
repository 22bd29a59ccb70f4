package invar.ssl.probe;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;

/// Finds the other picture of the same thing: row i of the queries and row i of the gallery show one thing.
public final class Retrieval {

    /// How many queries are compared with the gallery at once, to bound the similarity matrix.
    private static final int BLOCK = 512;

    private Retrieval() {}

    /// Top-1 accuracy by cosine similarity: the share of queries i whose most similar gallery row is row i. On ties the
    /// first row wins.
    ///
    /// @throws IllegalArgumentException if the two differ in size
    public static double top1(Embeddings queries, Embeddings gallery, Device device) {
        if (queries.count() != gallery.count() || queries.features() != gallery.features()) {
            throw new IllegalArgumentException("queries and gallery must have the same size: " + queries.count() + " × "
                    + queries.features() + " and " + gallery.count() + " × " + gallery.features());
        }
        Embeddings q = queries.normalised(), g = gallery.normalised();
        int n = q.count(), d = q.features(), hits = 0;
        try (Scope _ = device.scope()) {
            Tensor all = device.tensor(Shape.of(n, d), g.rows()), asked = device.tensor(Shape.of(n, d), q.rows());
            for (int from = 0; from < n; from += BLOCK) {
                int to = Math.min(n, from + BLOCK);
                try (Scope _ = device.scope()) {
                    float[] s = asked.rows(from, to).matmulT(all).floats();          // (block, n)
                    for (int i = from; i < to; i++) if (argmax(s, (i - from) * n, n) == i) hits++;
                }
            }
        }
        return (double) hits / n;
    }

    private static int argmax(float[] values, int from, int n) {
        int best = 0;
        for (int j = 1; j < n; j++) if (values[from + j] > values[from + best]) best = j;
        return best;
    }
}
