package invar.nn;

/// Bicubic interpolation as a matrix (Keys 1981, doi:10.1109/TASSP.1981.1163711, Eq. 4), so that resizing a grid of
/// learned vectors is a product, which the engine differentiates.
///
/// As `torch.nn.functional.interpolate(mode="bicubic")`: a = −0.75, output i lies at (i + ½) n / m − ½ of the n inputs,
/// inputs beyond the ends repeat the last one, and reducing does not smooth.
/// ```
/// k(t) = (a + 2) |t|³ − (a + 3) |t|² + 1             |t| ≤ 1
///        a |t|³ − 5 a |t|² + 8 a |t| − 4 a       1 < |t| < 2
/// ```
final class Bicubic {

    private static final double A = -0.75;

    private Bicubic() {}

    /// What each point of a grid (height, width) takes from each of a square grid, both row by row.
    ///
    /// @return (height · width, side²), row-major; rows sum to 1
    static double[] matrix(int side, int height, int width) {
        double[][] down = axis(side, height), across = axis(side, width);
        double[] matrix = new double[Math.multiplyExact(height * width, side * side)];
        int at = 0;
        for (double[] row : down) {
            for (double[] column : across) {
                for (double u : row) {
                    for (double v : column) matrix[at++] = u * v;
                }
            }
        }
        return matrix;
    }

    /// What each of `to` points takes from each of `from`.
    static double[][] axis(int from, int to) {
        double[][] weights = new double[to][from];
        for (int i = 0; i < to; i++) {
            double place = (i + 0.5) * from / to - 0.5;
            int below = (int) Math.floor(place);
            for (int k = below - 1; k <= below + 2; k++) {
                weights[i][Math.clamp(k, 0, from - 1)] += kernel(Math.abs(place - k));
            }
        }
        return weights;
    }

    private static double kernel(double t) {
        if (t <= 1) return ((A + 2) * t - (A + 3)) * t * t + 1;
        return t < 2 ? ((A * t - 5 * A) * t + 8 * A) * t - 4 * A : 0;
    }
}
