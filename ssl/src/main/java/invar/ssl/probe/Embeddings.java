package invar.ssl.probe;

/// Features of n images on the host.
///
/// @param rows (n, features), row-major
/// @param count n
/// @param features per image
public record Embeddings(float[] rows, int count, int features) {

    /// The same with every row divided by its Euclidean norm; a zero row stays zero.
    public Embeddings normalised() {
        float[] unit = rows.clone();
        for (int i = 0; i < count; i++) {
            double square = 0;
            for (int j = 0; j < features; j++) square += (double) rows[i * features + j] * rows[i * features + j];
            float inverse = square > 0 ? (float) (1 / Math.sqrt(square)) : 0;
            for (int j = 0; j < features; j++) unit[i * features + j] *= inverse;
        }
        return new Embeddings(unit, count, features);
    }
}
