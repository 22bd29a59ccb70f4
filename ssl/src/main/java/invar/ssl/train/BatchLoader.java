package invar.ssl.train;

import invar.core.Philox;
import invar.core.fused.AugmentImages;
import invar.ssl.UserError;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import invar.ssl.data.Subset;
import invar.ssl.train.ViewPlace.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/// Makes augmented batches on worker threads, ahead of the step that needs them.
///
/// Batch k is a function of the seed alone: the order of an epoch is one random permutation, and each view draws from a
/// stream named by (epoch, image, view). The number of workers changes when a batch is ready, not what is in it. The
/// last images of an epoch that do not fill a batch are left out of it.
public final class BatchLoader implements AutoCloseable {

    /// Images a task: a task takes about a millisecond, so that workers finish together.
    private static final int IMAGES_PER_TASK = 32;
    /// Batches in the making or waiting; one more is in use.
    private static final int AHEAD = 2;
    /// Names the streams that order epochs; the streams of views start with the epoch, which is never negative.
    private static final long ORDER = -1;

    private record Pending(Batch batch, List<Future<?>> tasks) {}

    private final Dataset data;
    private final Recipe recipe;
    private final int[] sides;
    private final int batch;
    private final long seed, stepsPerEpoch, totalSteps;
    private final int threads;
    private final ExecutorService workers;
    private final Pending[] ring = new Pending[AHEAD + 1];
    private final Kind kind;
    private final BatchMaker maker;
    private long scheduled = -1;                         // the last step whose batch is in the making; -1: none yet
    private long last;                                   // the step that was taken last
    private int[] order;
    private long orderOf = -1;

    /// @param batch N, images a batch
    /// @param epochs after how many epochs no more batches are made
    /// @param threads how many workers, at least 1
    /// @throws UserError if a batch is larger than the data or than an array, or if a view is not square
    public BatchLoader(Dataset data, Recipe recipe, int batch, int epochs, long seed, int threads) {
        this(data, recipe, batch, epochs, seed, threads, Kind.HOST);
    }

    private BatchLoader(Dataset data, Recipe recipe, int batch, long epochs, long seed, int threads, Kind kind) {
        if (batch > data.size()) {
            throw new UserError("The batch of " + batch + " is larger than the data: there are " + data.size()
                    + " training images.");
        }
        this.sides = sides(data, recipe);
        for (int side : sides) {
            if (3L * side * side * batch > Integer.MAX_VALUE - 8) {
                throw new UserError("A batch of " + batch + " images of " + side + " × " + side
                        + " pixels has more than 2^31 values: make the batch or the images smaller.");
            }
        }
        this.data = data;
        this.recipe = recipe;
        this.batch = batch;
        this.seed = seed;
        this.threads = threads;
        this.kind = kind;
        this.maker = kind == Kind.HOST ? new PixelMaker(data, recipe, sides, seed)
                : new RowMaker(data, recipe, seed, kind == Kind.SENT);
        this.stepsPerEpoch = data.size() / batch;
        this.totalSteps = stepsPerEpoch * epochs;
        this.workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "invar-data");
            thread.setDaemon(true);
            return thread;
        });
    }

    /// Another loader of the same batches, for one epoch.
    public BatchLoader again() {
        return new BatchLoader(data, recipe, batch, 1, seed, threads, kind);
    }

    /// Another loader of the same batches, whose views are made there. Where that is on the device, the views of a
    /// batch are not pixels but rows of what is to be done, (N, [#rowLength]) each; the recipe must be one that can be
    /// made there ([Recipe#onDevice]).
    BatchLoader at(Kind place) {
        return new BatchLoader(data, recipe, batch, totalSteps / stepsPerEpoch, seed, threads, place);
    }

    /// Where its views are made.
    Kind kind() {
        return kind;
    }

    /// How many numbers describe a view, where the device makes it.
    int rowLength(int view) {
        return AugmentImages.BOX + AugmentImages.EACH * recipe.changes(view);
    }

    /// How many drawings of an image its views are of: as many bytes go with each image where they are sent.
    int drawingsSeen() {
        return RowMaker.drawings(data, recipe);
    }

    /// What the views go through.
    Recipe recipe() {
        return recipe;
    }

    /// Of every image.
    ImageShape shape() {
        return data.shape();
    }

    /// How many drawings there are in all.
    int drawn() {
        return data.size() * data.drawings();
    }

    /// Which of the drawings of `all`, in the order of [#packed], is seen in a view of an image of this loader, by the
    /// numbers of image and view: a second drawing makes the second view. Empty where the images are not the same, nor
    /// some of those.
    Optional<IntBinaryOperator> drawings(BatchLoader all) {
        if (data.equals(all.data)) return Optional.of((i, view) -> i * data.drawings() + view % data.drawings());
        if (data instanceof Subset some && some.items().equals(all.data.perDrawing())) {
            return Optional.of((i, _) -> some.origin(i));
        }
        return Optional.empty();
    }

    /// All drawings, as [AugmentImages] takes them.
    int[] packed() {
        int words = AugmentImages.words(data.shape().height(), data.shape().width());
        int[] packed = new int[Math.multiplyExact(drawn(), words)];
        IntStream.range(0, drawn()).parallel().forEach(i -> {
            byte[] raw = new byte[data.shape().size()];
            data.read(i / data.drawings(), i % data.drawings(), raw);
            AugmentImages.pack(raw, packed, i * words);
        });
        return packed;
    }

    /// The size of each view, found by running a black image through the recipe.
    private static int[] sides(Dataset data, Recipe recipe) {
        int[] sides = new int[recipe.views().size()];
        for (int view = 0; view < sides.length; view++) {
            ImageBuffer image = new ImageBuffer()
                    .load(new byte[data.shape().size()], data.shape().height(), data.shape().width());
            recipe.views().get(view).apply(image, 0, 0, 0, view);
            if (image.height() != image.width()) {
                throw new UserError("The augmentation " + recipe.name() + " makes views of " + image.height() + " × "
                        + image.width() + " pixels, but views must be square.");
            }
            sides[view] = image.height();
        }
        return sides;
    }

    /// How many images there are.
    public int images() {
        return data.size();
    }

    /// Views of each image.
    public int views() {
        return recipe.views().size();
    }

    /// Height and width of this view in pixels.
    public int side(int view) {
        return sides[view];
    }

    /// Images a batch.
    public int batch() {
        return batch;
    }

    /// Whole batches in an epoch.
    public long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /// The batch of this step; waits until it is ready. The batch is valid until the next call.
    ///
    /// @throws IllegalArgumentException if there is no such step, or it is not the one after that of the last call; the
    ///                                  first may be any
    public Batch take(long step) {
        if (step < 0 || step >= totalSteps) {
            throw new IllegalArgumentException("there is no step " + step + " of " + totalSteps);
        }
        if (scheduled < 0) {
            scheduled = step - 1;
        } else if (step != last + 1) {
            throw new IllegalArgumentException("steps are taken in order: after " + last + " not " + step);
        }
        last = step;
        while (scheduled < Math.min(step + AHEAD, totalSteps - 1)) schedule(++scheduled);
        Pending pending = ring[(int) (step % ring.length)];
        try {
            for (Future<?> task : pending.tasks) task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for data");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case Throwable failure -> throw new IllegalStateException("a data worker failed", failure);
            }
        }
        return pending.batch;
    }

    private void schedule(long step) {
        long epoch = step / stepsPerEpoch;
        if (epoch != orderOf) {
            order = Philox.of(seed, ORDER, epoch).permutation(data.size());
            orderOf = epoch;
        }
        int slot = (int) (step % ring.length), first = (int) (step % stepsPerEpoch) * batch;
        Batch target = ring[slot] != null ? ring[slot].batch : maker.fresh(batch);
        System.arraycopy(order, first, target.images(), 0, batch);
        List<Future<?>> tasks = new ArrayList<>();
        for (int from = 0; from < batch; from += IMAGES_PER_TASK) {
            int start = from, end = Math.min(batch, from + IMAGES_PER_TASK);
            tasks.add(workers.submit(() -> {
                for (int i = start; i < end; i++) maker.make(target, i, epoch);
            }));
        }
        ring[slot] = new Pending(target, tasks);
    }

    /// Ends the workers.
    @Override
    public void close() {
        workers.shutdownNow();
    }
}
