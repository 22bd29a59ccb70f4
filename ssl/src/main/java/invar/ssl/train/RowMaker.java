package invar.ssl.train;

import invar.core.fused.AugmentImages;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.ViewRow;
import invar.ssl.data.Dataset;

/// Batches for a device that makes the views: of each view a row of what is to be done, and the bytes of the images if
/// these are not there yet.
final class RowMaker implements BatchMaker {

    private final Dataset data;
    private final Recipe recipe;
    private final long seed;
    private final boolean sent;
    private final ThreadLocal<ViewRow[]> drawers = ThreadLocal.withInitial(this::viewRows);
    private final ThreadLocal<byte[]> bytes;

    /// @param sent whether the bytes go with each batch
    RowMaker(Dataset data, Recipe recipe, long seed, boolean sent) {
        this.data = data;
        this.recipe = recipe;
        this.seed = seed;
        this.sent = sent;
        this.bytes = ThreadLocal.withInitial(() -> new byte[data.shape().size()]);
    }

    /// How many drawings of an image are seen in its views; the others are not sent.
    static int drawings(Dataset data, Recipe recipe) {
        return Math.min(data.drawings(), recipe.views().size());
    }

    private ViewRow[] viewRows() {
        ViewRow[] rows = new ViewRow[recipe.views().size()];
        for (int v = 0; v < rows.length; v++) {
            rows[v] = new ViewRow(data.shape().height(), data.shape().width(), recipe.changes(v));
        }
        return rows;
    }

    private int words() {
        return AugmentImages.words(data.shape().height(), data.shape().width());
    }

    /// How many numbers describe a view.
    int length(int view) {
        return drawers.get()[view].length();
    }

    @Override
    public Batch fresh(int images) {
        float[][] views = new float[recipe.views().size()][];
        for (int v = 0; v < views.length; v++) views[v] = new float[images * length(v)];
        return new Batch(views, new int[images], new int[sent ? images * drawings(data, recipe) * words() : 0]);
    }

    @Override
    public void make(Batch target, int i, long epoch) {
        int index = target.images()[i];
        for (int view = 0; view < recipe.views().size(); view++) {
            ViewRow row = drawers.get()[view];
            row.draw(recipe.views().get(view), seed, epoch, index, view);
            row.copyTo(target.views()[view], i * row.length());
        }
        if (!sent) return;
        int drawings = drawings(data, recipe);
        for (int drawing = 0; drawing < drawings; drawing++) {
            byte[] raw = bytes.get();
            data.read(index, drawing, raw);
            AugmentImages.pack(raw, target.bytes(), (i * drawings + drawing) * words());
        }
    }
}
