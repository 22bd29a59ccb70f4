package invar.ssl.train;

import invar.core.Philox;
import invar.ssl.UserError;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

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
    private final int size, batch;
    private final long seed, stepsPerEpoch, totalSteps;
    private final ExecutorService workers;
    private final Pending[] ring = new Pending[AHEAD + 1];
    private final ThreadLocal<ImageBuffer> buffers = ThreadLocal.withInitial(ImageBuffer::new);
    private final ThreadLocal<byte[]> bytes;
    private long scheduled = -1;                         // the last step whose batch is in the making; -1: none yet
    private long last;                                   // the step that was taken last
    private int[] order;
    private long orderOf = -1;

    /// @param size S, height and width of the views
    /// @param batch N, images a batch
    /// @param epochs after how many epochs no more batches are made
    /// @param threads how many workers, at least 1
    /// @throws UserError if a batch is larger than the data or than an array, or if a view has another size
    public BatchLoader(Dataset data, Recipe recipe, int size, int batch, int epochs, long seed, int threads) {
        if (batch > data.size()) {
            throw new UserError("The batch of " + batch + " is larger than the data: there are " + data.size()
                    + " training images.");
        }
        if (3L * size * size * batch > Integer.MAX_VALUE - 8) {
            throw new UserError("A batch of " + batch + " images of " + size + " × " + size
                    + " pixels has more than 2^31 values: make the batch or the images smaller.");
        }
        checkSize(data, recipe, size);
        this.data = data;
        this.recipe = recipe;
        this.size = size;
        this.batch = batch;
        this.seed = seed;
        this.stepsPerEpoch = data.size() / batch;
        this.totalSteps = stepsPerEpoch * epochs;
        this.bytes = ThreadLocal.withInitial(() -> new byte[data.shape().size()]);
        this.workers = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "invar-data");
            thread.setDaemon(true);
            return thread;
        });
    }

    /// Runs a black image through the recipe.
    private static void checkSize(Dataset data, Recipe recipe, int size) {
        for (int view = 0; view < recipe.views().size(); view++) {
            ImageBuffer image = new ImageBuffer()
                    .load(new byte[data.shape().size()], data.shape().height(), data.shape().width());
            recipe.views().get(view).apply(image, 0, 0, 0, view);
            if (image.height() != size || image.width() != size) {
                throw new UserError("The augmentation " + recipe.name() + " makes views of " + image.height() + " × "
                        + image.width() + " pixels, but all views must have " + size + " × " + size + ".");
            }
        }
    }

    /// How many images there are.
    public int images() {
        return data.size();
    }

    /// Views of each image.
    public int views() {
        return recipe.views().size();
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
        Batch target = ring[slot] != null ? ring[slot].batch : new Batch(new float[views()][batch * 3 * size * size],
                new int[batch]);
        System.arraycopy(order, first, target.images(), 0, batch);
        List<Future<?>> tasks = new ArrayList<>();
        for (int from = 0; from < batch; from += IMAGES_PER_TASK) {
            int start = from, end = Math.min(batch, from + IMAGES_PER_TASK);
            tasks.add(workers.submit(() -> {
                for (int i = start; i < end; i++) make(target, i, epoch);
            }));
        }
        ring[slot] = new Pending(target, tasks);
    }

    private void make(Batch target, int i, long epoch) {
        ImageBuffer image = buffers.get();
        byte[] raw = bytes.get();
        int index = target.images()[i];
        for (int view = 0; view < views(); view++) {
            data.read(index, view % data.drawings(), raw);         // a second drawing makes the second view
            image.load(raw, data.shape().height(), data.shape().width());
            recipe.views().get(view).apply(image, seed, epoch, index, view);
            image.copyTo(target.views()[view], i * 3 * size * size);
        }
    }

    /// Ends the workers.
    @Override
    public void close() {
        workers.shutdownNow();
    }
}
