package invar.ssl.probe;

import invar.core.Tensor;

/// How far embeddings are spread over the sphere: the meter of collapse of SimSiam (Chen and He 2021,
/// [arXiv:2011.10566](https://arxiv.org/abs/2011.10566), Sec. 4.1 and Fig. 2, middle).
/// ```
/// spread(z) = √D · 1/D Σⱼ std over i of ẑᵢⱼ,     ẑᵢ = zᵢ / max(‖zᵢ‖, 1e-12)
/// ```
/// For rows that point everywhere alike each std is 1/√D, so the spread is 1, the highest there is; for rows that all
/// point one way it is 0. The variance is the biased one: with N rows that are independent, the spread is short of 1 by
/// about 3/(4N).
///
/// What it does not see: rows that point in two opposite directions, as behind a batch norm, which forces the mean to
/// 0. [EffectiveRank] sees them.
public final class EmbeddingSpread {

    private static final double NORM_FLOOR = 1e-12;

    private EmbeddingSpread() {}

    /// The spread, from 0 to 1; NaN if a number of z is.
    ///
    /// @param z (N, D), of any length
    public static double of(Tensor z) {
        int n = z.dim(0), d = z.size() / n;
        double[] rows = z.doubles(), mean = new double[d], squares = new double[d];
        for (int i = 0; i < n; i++) {
            double square = 0;
            for (int j = 0; j < d; j++) square += rows[i * d + j] * rows[i * d + j];
            double norm = Math.max(Math.sqrt(square), NORM_FLOOR);
            for (int j = 0; j < d; j++) {
                rows[i * d + j] /= norm;
                mean[j] += rows[i * d + j] / n;
            }
        }
        for (int i = 0; i < n; i++) {                       // a second pass: near collapse, E[x²] − E[x]² is rounding
            for (int j = 0; j < d; j++) squares[j] += Math.pow(rows[i * d + j] - mean[j], 2) / n;
        }
        double sum = 0;
        for (double variance : squares) sum += Math.sqrt(variance);
        return sum / Math.sqrt(d);                          // √D · 1/D
    }
}
