package invar.ssl.probe;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;

/// Runs images through a network in evaluation mode, batch by batch.
public final class Embedder {

    /// Pixels a pass: 256 images of 32 × 32, so that large images take no more memory than small ones.
    private static final int PIXELS = 256 * 32 * 32;

    /// Images by number.
    public interface Images {
        /// How many.
        int size();

        /// Writes image `index`, (3, S, S) row-major and normalised, into `into` from `offset` on.
        void read(int index, float[] into, int offset);
    }

    private Embedder() {}

    /// Features of all images.
    ///
    /// @param side S, height and width of the images
    public static Embeddings embed(Layer encoder, Images images, int side, Device device) {
        int n = images.size(), pixels = 3 * side * side, features = 0,
                batch = Math.clamp(PIXELS / (side * side), 1, 256);
        float[] rows = new float[0];
        try (Scope scope = device.scope()) {
            for (int from = 0; from < n; from += batch) {
                scope.reset();
                int count = Math.min(batch, n - from);
                float[] pass = new float[count * pixels];
                for (int i = 0; i < count; i++) images.read(from + i, pass, i * pixels);
                Tensor h = encoder.apply(device.tensor(Shape.of(count, 3, side, side), pass), Mode.EVAL);
                if (from == 0) {
                    features = h.size() / count;
                    rows = new float[Math.multiplyExact(n, features)];
                }
                System.arraycopy(h.floats(), 0, rows, from * features, count * features);
            }
        }
        return new Embeddings(rows, n, features);
    }

    /// The pixels themselves as features: what any encoder must beat.
    public static Embeddings pixels(Images images, int side) {
        int pixels = 3 * side * side;
        float[] rows = new float[Math.multiplyExact(images.size(), pixels)];
        for (int i = 0; i < images.size(); i++) images.read(i, rows, i * pixels);
        return new Embeddings(rows, images.size(), pixels);
    }
}
