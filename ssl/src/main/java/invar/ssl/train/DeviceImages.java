package invar.ssl.train;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.AugmentImages;
import invar.ssl.train.ViewPlace.Kind;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/// Images in the memory of a device, all of a data set or those of one batch, whose views are made there by
/// [AugmentImages]; what is done to each view is drawn on the host, by the same augmentations from the same streams as
/// where the host makes the views.
final class DeviceImages {

    private final BatchLoader loader;
    private final Tensor images;                         // (M, words)
    private final IntBinaryOperator drawings;            // row of `images` by an image's number (sent: place) and view
    private final boolean sent;
    private final List<AugmentImages> ops;               // of each view
    private final List<Tensor> rows, which;              // (N, 4 + 3K), (N)

    /// All images of a loader of kind [Kind#RESIDENT]; room for those of a batch, if they are [Kind#SENT] with it.
    static DeviceImages of(BatchLoader loader, Device device) {
        boolean sent = loader.kind() == Kind.SENT;
        int words = op(loader, 0).words(), each = loader.drawingsSeen();
        int[] first = sent ? new int[loader.batch() * each * words] : loader.packed();
        Tensor images = device.persistent(() -> device.integers(Shape.of(first.length / words, words), first));
        IntBinaryOperator places = (i, view) -> i * each + view % each;
        return new DeviceImages(loader, device, images, sent ? places : loader.drawings(loader).orElseThrow());
    }

    private DeviceImages(BatchLoader loader, Device device, Tensor images, IntBinaryOperator drawings) {
        this.loader = loader;
        this.drawings = drawings;
        this.images = images;
        this.sent = loader.kind() == Kind.SENT;
        int[] batch = IntStream.range(0, loader.batch()).toArray();
        this.ops = IntStream.range(0, loader.views()).mapToObj(view -> op(loader, view)).toList();
        this.rows = device.persistent(() -> IntStream.range(0, loader.views())
                .mapToObj(view -> device.zeros(Shape.of(loader.batch(), loader.rowLength(view)))).toList());
        this.which = device.persistent(() -> IntStream.range(0, loader.views())
                .mapToObj(view -> device.integers(Shape.of(loader.batch()), which(batch, view))).toList());
    }

    /// The same for another loader: the same images, if it is of them or of some of them and these are all here.
    DeviceImages with(BatchLoader other, Device device) {
        return other.kind() == Kind.SENT ? of(other, device)
                : new DeviceImages(other, device, images, other.drawings(loader).orElseThrow());
    }

    /// How much memory the data set takes.
    static long bytes(BatchLoader loader) {
        return (long) Integer.BYTES * loader.drawn() * op(loader, 0).words();
    }

    /// How much memory the images of a batch take.
    static long batchBytes(BatchLoader loader) {
        return (long) Integer.BYTES * loader.batch() * loader.drawingsSeen() * op(loader, 0).words();
    }

    /// What makes a view.
    static AugmentImages op(BatchLoader loader, int view) {
        return new AugmentImages(loader.shape().height(), loader.shape().width(), loader.side(view));
    }

    /// The rows of `images` that a view of these is of.
    private int[] which(int[] numbers, int view) {
        return IntStream.of(numbers).map(i -> drawings.applyAsInt(i, view)).toArray();
    }

    /// Fills (N, 3, S, S) tensors with the views of a batch of rows; in the current scope.
    void make(Batch batch, List<Tensor> views) {
        if (sent) images.upload(batch.bytes());
        for (int v = 0; v < views.size(); v++) {
            rows.get(v).upload(batch.views()[v]);
            if (!sent) which.get(v).upload(which(batch.images(), v));    // sent: always the same
            Tensor made = Ops.apply(ops.get(v), images, which.get(v), rows.get(v))[0];
            Ops.update(UpdateOp.Assign.COPY, views.get(v), made);
        }
    }
}
