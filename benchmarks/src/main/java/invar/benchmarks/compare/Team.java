package invar.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/// Runs one task on each of some threads, each bound to a processor of its own where [Processors] finds one.
///
/// The caller only waits: were it one of them, threads that the virtual machine makes later might be bound as it is.
final class Team implements Job {

    private final List<ExecutorService> members = new ArrayList<>();
    private final IntConsumer task;

    /// @param task is told the number of its thread, from 0
    Team(int threads, IntConsumer task) {
        this.task = task;
        List<Integer> processors = Processors.of(threads);
        for (int t = 0; t < threads; t++) {
            ExecutorService member = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
            members.add(member);
            if (processors.isEmpty()) continue;
            int processor = processors.get(t);
            finish(member.submit(() -> bind(processor)));
        }
    }

    /// A system that refuses is one where threads stay where it puts them; the log says so.
    private static void bind(int processor) {
        try {
            Processors.bind(processor);
        } catch (IllegalStateException e) {
            System.err.println("ceilings: " + e.getMessage());
        }
    }

    @Override
    public float[] sample() {
        return new float[0];
    }

    @Override
    public void call() {
        List<Future<?>> running = new ArrayList<>();
        for (int t = 0; t < members.size(); t++) {
            int thread = t;
            running.add(members.get(t).submit(() -> task.accept(thread)));
        }
        running.forEach(Team::finish);
    }

    private static void finish(Future<?> running) {
        try {
            running.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException("a thread of a ceiling failed", e);
        }
    }

    @Override
    public void close() {
        members.forEach(ExecutorService::shutdownNow);
    }
}
