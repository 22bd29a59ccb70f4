package invar.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;

/// A fixed team of threads that runs the numbered tasks of one job after another.
///
/// The caller of [#run] is a member of the team, so a team of `n` starts `n − 1` threads. Each member claims the next
/// task index as soon as it is free. Between jobs the others wait actively for a short while, because the next kernel
/// usually follows within microseconds, and then sleep.
///
/// **Rule for its users**: results must not depend on the number of threads. Which thread runs a task is left to
/// chance, so a task may only write what no other task of the job touches; and wherever numbers are *summed*, how a sum
/// is cut into tasks may depend on its size, never on [#threads]. All kernels of this package keep this rule, hence
/// every result is the same to the last bit on any number of threads.
final class Parallel implements AutoCloseable {

    /// Runs all tasks on the caller, with no threads and no lock: for a kernel that is itself inside a task.
    static final Parallel INLINE = new Parallel(1, true);

    /// Rounds of active waiting, about 100 µs on current processors: longer than the gap between two kernels of a
    /// training step, part of which is Java, and twice what waking a sleeping thread costs. A step of the default
    /// training takes 113, 108, 105 and 102 ms with 100, 1000, 5000 and 20000 rounds (medians of 39, two cores); beyond
    /// 5000 the wait would be taken from threads that prepare data or compile.
    private static final int SPINS = 5000;

    private final boolean inline;
    private final Worker[] workers;
    private final ReentrantLock door = new ReentrantLock();
    private long jobs;                                         // guarded by the door
    private volatile Job job;
    private volatile boolean closed;

    /// Starts `threads − 1` daemon threads.
    ///
    /// @throws IllegalArgumentException if `threads < 1`
    Parallel(int threads) {
        this(threads, false);
    }

    private Parallel(int threads, boolean inline) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
        }
        this.inline = inline;
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(this, "invar-cpu-" + (i + 1));
        }
        for (Worker worker : workers) {
            worker.start();
        }
    }

    /// Members of the team, the caller included.
    int threads() {
        return workers.length + 1;
    }

    /// Calls `body` once with each index in `[0, tasks)`, and returns when all calls have returned. What the caller
    /// wrote before is visible to the tasks; what they wrote is visible to the caller afterwards.
    ///
    /// If a task throws, tasks not yet started are dropped, and one of the exceptions is thrown to the caller. Threads
    /// that call at the same time are served one after another. Inside a task, all tasks run on its own thread, as with
    /// [#INLINE]: every thread has work then.
    ///
    /// @throws IllegalStateException after [#close]
    void run(int tasks, IntConsumer body) {
        if (inline || door.isHeldByCurrentThread() || Thread.currentThread() instanceof Worker) {
            runAll(tasks, body);
            return;
        }
        door.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this team of threads is closed");
            }
            if (tasks <= 1 || workers.length == 0) {
                runAll(tasks, body);
            } else {
                runShared(tasks, body);
            }
        } finally {
            door.unlock();
        }
    }

    /// Ends the threads, after the job in progress if there is one.
    @Override
    public void close() {
        door.lock();
        try {
            closed = true;
        } finally {
            door.unlock();
        }
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
        boolean interrupted = false;
        for (Worker worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void runAll(int tasks, IntConsumer body) {
        for (int task = 0; task < tasks; task++) {
            body.accept(task);
        }
    }

    private void runShared(int tasks, IntConsumer body) {
        Job now = new Job(++jobs, tasks, body, Thread.currentThread());
        job = now;
        int wanted = Math.min(workers.length, tasks - 1);
        for (int i = 0; i < wanted; i++) {
            if (workers[i].asleep) {
                LockSupport.unpark(workers[i]);
            }
        }
        now.work();
        now.await();
        job = null;                                            // lets go of what the body refers to
        switch (now.failure.get()) {
            case null -> { }
            case Error e -> throw e;
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /// One call of [#run]. A worker that wakes up late finds no task left in it, and does no harm.
    private static final class Job {

        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final long number;
        private final int tasks;
        private final IntConsumer body;
        private final Thread caller;
        private final AtomicInteger next = new AtomicInteger(), done = new AtomicInteger();

        Job(long number, int tasks, IntConsumer body, Thread caller) {
            this.number = number;
            this.tasks = tasks;
            this.body = body;
            this.caller = caller;
        }

        void work() {
            for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                try {
                    if (failure.get() == null) {
                        body.accept(task);
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                }
                if (done.incrementAndGet() == tasks) {
                    LockSupport.unpark(caller);
                }
            }
        }

        void await() {
            boolean interrupted = false;
            for (int spin = 0; done.get() < tasks; spin++) {
                if (spin < SPINS) {
                    Thread.onSpinWait();
                } else {
                    interrupted |= Thread.interrupted();       // a set flag would turn park into a busy loop
                    LockSupport.park(this);
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class Worker extends Thread {

        private final Parallel team;
        volatile boolean asleep;

        Worker(Parallel team, String name) {
            super(null, null, name, 0, false);
            this.team = team;
            setDaemon(true);
        }

        @Override
        public void run() {
            long last = 0;
            int spin = 0;
            while (!team.closed) {
                Job now = team.job;
                if (isNew(now, last)) {
                    last = now.number;
                    now.work();
                    spin = 0;
                } else if (spin++ < SPINS) {
                    Thread.onSpinWait();
                } else {
                    now = null;                                // a sleeping worker keeps nothing alive
                    asleep = true;
                    if (!isNew(team.job, last) && !team.closed) {
                        LockSupport.park(this);
                    }
                    Thread.interrupted();
                    asleep = false;
                    spin = 0;
                }
            }
        }

        private static boolean isNew(Job job, long last) {
            return job != null && job.number != last;
        }
    }
}
