package invar.ssl.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C and SIGTERM: the first asks the work to stop at its next safe place, and the JVM lives on until it has, so
/// that a checkpoint can be saved.
///
/// It is a shutdown hook: the JVM runs it on either signal and ends, with the signal's exit code, when it returns.
final class Interruption implements AutoCloseable {

    /// Longer than any step and any checkpoint should take.
    private static final long PATIENCE_SECONDS = 120;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stopped, "invar-interruption");
    private volatile boolean requested;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// True once the process was asked to end.
    boolean requested() {
        return requested;
    }

    private void stopped() {
        requested = true;
        try {
            if (!done.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("ssl: the step did not end in time; stopped without saving.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Lets the process end: everything is saved.
    @Override
    public void close() {
        done.countDown();
        if (!requested) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                requested = true;                                       // the JVM is ending by itself at this moment
            }
        }
    }
}
