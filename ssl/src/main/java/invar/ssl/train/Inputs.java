package invar.ssl.train;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.ssl.Views;
import invar.ssl.train.ViewPlace.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/// The tensors that a step reads: the same from step to step, filled with one batch after another.
final class Inputs {

    /// What the batches of one loader are copied into, or made in by the device.
    ///
    /// @param maker empty: the loader's views are finished
    private record Source(BatchLoader loader, Optional<DeviceImages> maker, List<Tensor> views) {

        static Source of(BatchLoader loader, Optional<DeviceImages> maker, Device device) {
            return new Source(loader, maker, device.persistent(() -> IntStream.range(0, loader.views()).mapToObj(v ->
                    device.zeros(Shape.of(loader.batch(), 3, loader.side(v), loader.side(v)))).toList()));
        }

        /// Fills the tensors; returns the numbers of the images.
        int[] take(long step) {
            Batch batch = loader.take(step);
            if (maker.isPresent()) {
                maker.get().make(batch, views);
            } else {
                for (int v = 0; v < views.size(); v++) views.get(v).upload(batch.views()[v]);
            }
            return batch.images();
        }
    }

    private final Feed feed;
    private final Source images;                         // the views of an image: global, then local
    private final Optional<Source> labelled;
    private final Views views;

    Inputs(Feed feed, Device device) {
        this(feed, device, feed.images().kind() == Kind.HOST ? Optional.empty()
                : Optional.of(DeviceImages.of(feed.images(), device)));
    }

    /// Other inputs of the same data.
    Inputs with(Feed other, Device device) {
        return new Inputs(other, device, images.maker.map(maker -> maker.with(other.images(), device)));
    }

    private Inputs(Feed feed, Device device, Optional<DeviceImages> maker) {
        this.feed = feed;
        this.images = Source.of(feed.images(), maker, device);
        this.labelled = feed.labelled().map(some -> Source.of(some,
                maker.filter(_ -> some.kind() != Kind.HOST).map(all -> all.with(some, device)), device));
        List<Tensor> all = images.views;
        Views filled = Views.of(all.subList(0, feed.global()).toArray(Tensor[]::new))
                .withLocal(all.subList(feed.global(), all.size())).withIndex(numbers(feed.images(), device));
        if (labelled.isPresent()) {
            filled = filled.withLabelled(labelled.get().views.getFirst(), numbers(labelled.get().loader, device));
        }
        this.views = filled;
    }

    private static Tensor numbers(BatchLoader loader, Device device) {
        return device.persistent(() -> device.integers(Shape.of(loader.batch()), new int[loader.batch()]));
    }

    /// Fills the tensors with the batch of this step; waits until it is ready.
    void take(long step) {
        views.index().orElseThrow().upload(images.take(step));
        if (labelled.isPresent()) {
            int[] some = labelled.get().take(step);
            views.labelled().orElseThrow().labels().upload(Arrays.stream(some).map(i -> feed.labels()[i]).toArray());
        }
    }

    /// The same tensors at every step.
    Views views() {
        return views;
    }
}
