package invar.ssl.method;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.SslMethod;
import invar.ssl.data.Dataset;
import invar.ssl.data.Shapes;

/// How much of their space embeddings use: the measures by which a collapse is told.
final class Spread {

    /// Images that are embedded, those that [MethodContract#byHeart] trains on among them.
    private static final int IMAGES = 256;

    private Spread() {}

    /// Embeddings (256, D) of untouched images of `side` × `side` pixels.
    static double[][] embeddings(SslMethod method, Device device, int side) {
        Dataset data = Shapes.train(0, 512, side);
        byte[] bytes = new byte[data.shape().size()];
        float[] pixels = new float[IMAGES * bytes.length];
        for (int i = 0; i < IMAGES; i++) {
            data.read(i, bytes);
            for (int p = 0; p < bytes.length; p++) pixels[i * bytes.length + p] = (bytes[p] & 0xff) / 255f;
        }
        try (Scope scope = device.scope()) {
            scope.reset();
            return rows(method.embed(device.tensor(Shape.of(IMAGES, 3, side, side), pixels)));
        }
    }

    /// √D times the mean over the columns of the standard deviation of rows of unit length (Chen and He 2021,
    /// arXiv:2011.10566, Sec. 4.1): 0 where all rows point one way, 1 where they point everywhere alike.
    static double ofDirections(double[][] z) {
        int n = z.length, d = z[0].length;
        double[] mean = new double[d], square = new double[d];
        for (double[] row : z) {
            double norm = 0;
            for (double value : row) norm += value * value;
            norm = Math.max(Math.sqrt(norm), 1e-12);
            for (int j = 0; j < d; j++) {
                mean[j] += row[j] / norm / n;
                square[j] += row[j] / norm * row[j] / norm / n;
            }
        }
        double sum = 0;
        for (int j = 0; j < d; j++) sum += Math.sqrt(Math.max(0, square[j] - mean[j] * mean[j]));
        return sum / d * Math.sqrt(d);
    }

    /// How many directions the rows point in, 1 to D: the participation ratio (Σ λ)² / Σ λ² of the eigenvalues of the
    /// mean of ẑ ẑᵀ over the rows of unit length ẑ, which is 1 / mean of (ẑᵢ · ẑⱼ)² over all i and j. It is 1 where all
    /// rows are one and also where some are its opposite, which is all that is left of a collapse behind a batch norm:
    /// the rows' mean is then 0 by force, and so [#ofDirections] need not be small.
    static double directions(double[][] z) {
        double sum = 0;
        for (double[] a : z) {
            for (double[] b : z) {
                double dot = MethodContract.dot(a, b);
                sum += dot * dot / Math.max(MethodContract.dot(a, a) * MethodContract.dot(b, b), 1e-300);
            }
        }
        return (double) z.length * z.length / sum;
    }

    /// The participation ratio (Σ λ)² / Σ λ² of the eigenvalues of the columns' correlation matrix R, 1 to D, which is
    /// D² / Σᵢⱼ Rᵢⱼ²: how many independent columns are as correlated as these. Constant columns count as uncorrelated.
    static double effectiveRank(double[][] z) {
        int n = z.length, d = z[0].length;
        double[][] x = new double[d][n];
        for (int j = 0; j < d; j++) {
            double mean = 0, square = 0;
            for (double[] row : z) mean += row[j] / n;
            for (double[] row : z) square += (row[j] - mean) * (row[j] - mean);
            for (int i = 0; i < n; i++) x[j][i] = square > 0 ? (z[i][j] - mean) / Math.sqrt(square) : 0;
        }
        double sum = 0;
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                double r = i == j ? 1 : MethodContract.dot(x[i], x[j]);
                sum += r * r;
            }
        }
        return d * d / sum;
    }

    /// A matrix on the host.
    static double[][] rows(Tensor z) {
        double[] values = z.doubles();
        double[][] rows = new double[z.dim(0)][z.dim(1)];
        for (int i = 0; i < rows.length; i++) System.arraycopy(values, i * z.dim(1), rows[i], 0, z.dim(1));
        return rows;
    }
}
