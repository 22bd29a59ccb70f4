package invar.ssl.train;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.AugmentImages;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/// A data set in the memory of a device, where its views are made by [AugmentImages]; only what is done to each view is
/// drawn on the host, by the same augmentations from the same streams as where the host makes the views.
final class DeviceImages {

    /// The images may take this part of the memory that is free; the rest is for training.
    static final int SHARE = 4;

    private final Tensor images;                         // (M, words)
    private final List<AugmentImages> ops;               // of each view
    private final List<Tensor> rows, which;              // (N, 4 + 3K), (N)
    private final BatchLoader loader;
    private final IntBinaryOperator drawings;            // of which image each view of an image is

    /// Uploads the data.
    ///
    /// @param loader one of rows, see [BatchLoader#rows]
    DeviceImages(BatchLoader loader, Device device) {
        this(loader, device, device.persistent(() -> {
            int[] packed = loader.packed();
            return device.integers(Shape.of(packed.length / op(loader, 0).words(), op(loader, 0).words()), packed);
        }), loader.drawings(loader).orElseThrow());
    }

    private DeviceImages(BatchLoader loader, Device device, Tensor images, IntBinaryOperator drawings) {
        this.loader = loader;
        this.drawings = drawings;
        this.images = images;
        this.ops = IntStream.range(0, loader.views()).mapToObj(view -> op(loader, view)).toList();
        this.rows = device.persistent(() -> IntStream.range(0, loader.views())
                .mapToObj(view -> device.zeros(Shape.of(loader.batch(), loader.rowLength(view)))).toList());
        this.which = device.persistent(() -> IntStream.range(0, loader.views())
                .mapToObj(_ -> device.integers(Shape.of(loader.batch()), new int[loader.batch()])).toList());
    }

    /// The same images for another loader of rows, of the same data or of some of them.
    DeviceImages with(BatchLoader other, Device device) {
        return new DeviceImages(other, device, images, other.drawings(loader).orElseThrow());
    }

    /// How much memory the data set takes.
    static long bytes(BatchLoader loader) {
        return (long) Integer.BYTES * loader.drawn() * op(loader, 0).words();
    }

    /// What makes a view.
    static AugmentImages op(BatchLoader loader, int view) {
        return new AugmentImages(loader.shape().height(), loader.shape().width(), loader.side(view));
    }

    /// Fills (N, 3, S, S) tensors with the views of a batch of rows; in the current scope.
    void make(Batch batch, List<Tensor> views) {
        for (int v = 0; v < views.size(); v++) {
            int view = v;
            rows.get(v).upload(batch.views()[v]);
            which.get(v).upload(IntStream.of(batch.images()).map(i -> drawings.applyAsInt(i, view)).toArray());
            Tensor made = Ops.apply(ops.get(v), images, which.get(v), rows.get(v))[0];
            Ops.update(UpdateOp.Assign.COPY, views.get(v), made);
        }
    }
}
