package invar.ssl.train;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.Views;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The tensors that a step reads: the same from step to step, filled with one batch after another.
final class Inputs {

    private final Feed feed;
    private final List<Tensor> all;                      // the views of an image: global, then local
    private final Views views;

    private final Optional<DeviceImages> resident;       // empty: views come from the host

    Inputs(Feed feed, Device device) {
        this(feed, device, feed.images().asRows() ? Optional.of(new DeviceImages(feed.images(), device))
                : Optional.empty());
    }

    /// Other inputs of the same data.
    Inputs with(Feed other, Device device) {
        return new Inputs(other, device, resident.map(images -> images.with(other.images(), device)));
    }

    private Inputs(Feed feed, Device device, Optional<DeviceImages> resident) {
        this.resident = resident;
        this.feed = feed;
        BatchLoader images = feed.images();
        this.all = device.persistent(() -> IntStream.range(0, images.views())
                .mapToObj(v -> images(device, images, v)).toList());
        Views filled = Views.of(all.subList(0, feed.global()).toArray(Tensor[]::new))
                .withLocal(all.subList(feed.global(), all.size()))
                .withIndex(device.persistent(() -> device.integers(Shape.of(images.batch()), new int[images.batch()])));
        if (feed.labelled().isPresent()) {
            BatchLoader labelled = feed.labelled().get();
            filled = filled.withLabelled(device.persistent(() -> images(device, labelled, 0)), device.persistent(
                    () -> device.integers(Shape.of(labelled.batch()), new int[labelled.batch()])));
        }
        this.views = filled;
    }

    private static Tensor images(Device device, BatchLoader loader, int view) {
        return device.zeros(Shape.of(loader.batch(), 3, loader.side(view), loader.side(view)));
    }

    /// Fills the tensors with the batch of this step; waits until it is ready.
    void take(long step) {
        Batch batch = feed.images().take(step);
        if (resident.isPresent()) {
            resident.get().make(batch, all);
        } else {
            for (int v = 0; v < all.size(); v++) all.get(v).upload(batch.views()[v]);
        }
        views.index().orElseThrow().upload(batch.images());
        if (feed.labelled().isPresent()) {
            Batch some = feed.labelled().get().take(step);
            Views.Labelled labelled = views.labelled().orElseThrow();
            labelled.images().upload(some.views()[0]);
            labelled.labels().upload(Arrays.stream(some.images()).map(i -> feed.labels()[i]).toArray());
        }
    }

    /// The same tensors at every step.
    Views views() {
        return views;
    }
}
