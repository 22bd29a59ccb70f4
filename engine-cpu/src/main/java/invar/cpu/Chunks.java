package invar.cpu;

import java.util.function.IntConsumer;

/// Cuts work on neighbouring things into tasks.
final class Chunks {

    /// Elements of a task: 128 KiB of floats, which stay in the second-level cache, and enough work to be worth handing
    /// over.
    static final int SIZE = 1 << 15;

    private Chunks() {}

    /// Calls `body` for 0 … count − 1: several in a task if one, of `elements` elements, is less than a task's worth.
    static void each(Parallel parallel, int count, int elements, IntConsumer body) {
        int several = Math.max(1, SIZE / Math.max(1, elements));
        parallel.run((count + several - 1) / several, task -> {
            int end = Math.min(count, (task + 1) * several);
            for (int i = task * several; i < end; i++) body.accept(i);
        });
    }
}
