package invar.ssl.train;

import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Dataset;

/// Batches of finished views: (N, 3, S, S) each.
final class PixelMaker implements BatchMaker {

    private final Dataset data;
    private final Recipe recipe;
    private final int[] sides;
    private final long seed;
    private final ThreadLocal<ImageBuffer> buffers = ThreadLocal.withInitial(ImageBuffer::new);
    private final ThreadLocal<byte[]> bytes;

    /// @param sides of the views
    PixelMaker(Dataset data, Recipe recipe, int[] sides, long seed) {
        this.data = data;
        this.recipe = recipe;
        this.sides = sides;
        this.seed = seed;
        this.bytes = ThreadLocal.withInitial(() -> new byte[data.shape().size()]);
    }

    @Override
    public Batch fresh(int images) {
        float[][] views = new float[sides.length][];
        for (int v = 0; v < views.length; v++) views[v] = new float[images * 3 * sides[v] * sides[v]];
        return new Batch(views, new int[images]);
    }

    @Override
    public void make(Batch target, int i, long epoch) {
        ImageBuffer image = buffers.get();
        byte[] raw = bytes.get();
        int index = target.images()[i];
        for (int view = 0; view < sides.length; view++) {
            data.read(index, view % data.drawings(), raw);         // a second drawing makes the second view
            image.load(raw, data.shape().height(), data.shape().width());
            recipe.views().get(view).apply(image, seed, epoch, index, view);
            image.copyTo(target.views()[view], i * 3 * sides[view] * sides[view]);
        }
    }
}
