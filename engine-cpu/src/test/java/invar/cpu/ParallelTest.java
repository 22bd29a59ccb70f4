package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void runsEachTaskOnce(int threads) {
        try (Parallel p = new Parallel(threads)) {
            for (int tasks : new int[] {0, 1, 2, 3, 5, 17, 129}) {
                for (int round = 0; round < 50; round++) {
                    AtomicIntegerArray calls = new AtomicIntegerArray(tasks);
                    p.run(tasks, calls::incrementAndGet);
                    assertThat(IntStream.range(0, tasks).map(calls::get)).allMatch(n -> n == 1);
                }
            }
        }
    }

    @Test
    void makesTheWritesOfTasksVisible() {
        try (Parallel p = new Parallel(2)) {
            long[] sum = new long[33];                         // plain memory, written by whoever runs the task
            for (int round = 1; round <= 200; round++) {
                p.run(33, task -> sum[task] += task);
            }
            assertThat(sum).isEqualTo(IntStream.range(0, 33).mapToLong(i -> 200L * i).toArray());
        }
    }

    @Test
    void wakesWorkersThatHaveGoneToSleep() throws InterruptedException {
        try (Parallel p = new Parallel(2)) {
            AtomicInteger arrived = new AtomicInteger();
            for (int round = 0; round < 3; round++) {
                Thread.sleep(20);
                arrived.set(0);
                p.run(2, task -> {                             // ends only if two threads are in it at once
                    arrived.incrementAndGet();
                    while (arrived.get() < 2) {
                        Thread.onSpinWait();
                    }
                });
                assertThat(arrived).hasValue(2);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void throwsWhatATaskThrows(int threads) {
        try (Parallel p = new Parallel(threads)) {
            assertThatThrownBy(() -> p.run(9, task -> {
                if (task == 4) {
                    throw new ArithmeticException("task 4");
                }
            })).isInstanceOf(ArithmeticException.class).hasMessage("task 4");
            AtomicInteger calls = new AtomicInteger();
            p.run(9, task -> calls.incrementAndGet());
            assertThat(calls).as("works after a failure").hasValue(9);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void runsTasksOfATaskOnItsThread(int threads) {
        try (Parallel p = new Parallel(threads)) {
            int[] sums = new int[40];
            boolean[] moved = new boolean[sums.length];
            p.run(sums.length, task -> {
                Thread own = Thread.currentThread();
                p.run(5, inner -> p.run(2, innermost -> {
                    moved[task] |= Thread.currentThread() != own;
                    sums[task] += inner + innermost;
                }));
            });
            assertThat(sums).containsOnly(25);
            assertThat(moved).containsOnly(false);
        }
    }

    @Test
    void allowsInlineTasksInsideATask() {
        try (Parallel p = new Parallel(2)) {
            AtomicInteger calls = new AtomicInteger();
            p.run(3, task -> Parallel.INLINE.run(5, inner -> calls.incrementAndGet()));
            assertThat(calls).hasValue(15);
        }
    }

    @Test
    void servesSeveralCallers() throws InterruptedException {
        try (Parallel p = new Parallel(2)) {
            AtomicInteger calls = new AtomicInteger();
            Runnable caller = () -> {
                for (int i = 0; i < 100; i++) {
                    p.run(7, task -> calls.incrementAndGet());
                }
            };
            Thread other = new Thread(caller);
            other.start();
            caller.run();
            other.join();
            assertThat(calls).hasValue(1400);
        }
    }

    @Test
    void endsItsThreadsAndThenRefusesWork() {
        Parallel p = new Parallel(3);
        p.run(5, task -> { });
        p.close();
        p.close();
        assertThatThrownBy(() -> p.run(1, task -> { })).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void needsAThread() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Parallel(0)).withMessageContaining("threads");
    }
}
