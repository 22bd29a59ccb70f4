package invar.ssl.tune;

import invar.ssl.probe.Embeddings;

/// Features with mean 0 and variance 1 over the training images: batch norm without γ and β before the classifier, as
/// in the linear probe of masked autoencoders (He et al. 2022, [arXiv:2111.06377](https://arxiv.org/abs/2111.06377),
/// App. A.1), with the statistics of all images at once:
/// ```
/// x ↦ (x − mean) / √(variance + 1e-6)
/// ```
/// One learning rate then suits features of any scale, pixels too.
///
/// @param mean    of each feature
/// @param inverse 1 / √(variance + 1e-6) of each feature
record Standardised(double[] mean, double[] inverse) {

    private static final double EPSILON = 1e-6;

    /// By the mean and the biased variance of these.
    static Standardised by(Embeddings train) {
        int n = train.count(), d = train.features();
        double[] mean = new double[d], square = new double[d], inverse = new double[d];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) mean[j] += train.rows()[i * d + j] / (double) n;
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < d; j++) {
                double far = train.rows()[i * d + j] - mean[j];
                square[j] += far * far / n;
            }
        }
        for (int j = 0; j < d; j++) inverse[j] = 1 / Math.sqrt(square[j] + EPSILON);
        return new Standardised(mean, inverse);
    }

    Embeddings of(Embeddings x) {
        int d = x.features();
        float[] rows = new float[x.rows().length];
        for (int i = 0; i < rows.length; i++) rows[i] = (float) ((x.rows()[i] - mean[i % d]) * inverse[i % d]);
        return new Embeddings(rows, x.count(), d);
    }
}
