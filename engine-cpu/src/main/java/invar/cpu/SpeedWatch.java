package invar.cpu;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Notices that the vector kernels were never optimised, and says so once.
///
/// That happens: the compiler of the JVM can give up on a kernel at a middle tier and leave it there, with an object
/// for every vector, some hundred times slower and for as long as the program runs. A kernel timed at start-up would
/// say nothing about it, because nothing is compiled then, and waiting for it would delay every short command. So the
/// real work is timed, at the price of two readings of the clock an op: matrix products and convolutions without
/// groups, from 10 million multiply-adds on, which on any processor with vectors run at 10 GF/s and more.
final class SpeedWatch {

    /// Multiply-adds from which an op counts: below, other costs than those of the kernel show.
    private static final long LEAST_WORK = 10_000_000;

    /// Time spent in such ops before any of it is judged, in ns: everything is compiled by then.
    private static final long SETTLING = 10_000_000_000L;

    /// Time spent in such ops that is judged as a whole, in ns.
    private static final long WINDOW = 2_000_000_000L;

    /// Floating-point operations of a thread in a nanosecond that are too few: boxed vectors make 0.75.
    private static final double TOO_SLOW = 1.25;

    /// With this flag, the compiler of the JVM does not leave kernels at a middle tier for want of time.
    private static final String FLAG = "-XX:Tier3DelayOn=100000";

    private final LongSupplier clock;
    private final Consumer<String> warning;
    private final int threads;
    private final boolean flagged;
    private long spent, windowTime;
    private double windowWork;
    private boolean warned;

    /// @param clock     nanoseconds, as of [System#nanoTime]
    /// @param warning   is told, at most once
    /// @param threads   how many work at once, each with a processor of its own
    /// @param arguments those of the JVM: what is among them is not advised
    SpeedWatch(LongSupplier clock, Consumer<String> warning, int threads, List<String> arguments) {
        this.clock = clock;
        this.warning = warning;
        this.threads = threads;
        this.flagged = arguments.contains(FLAG);
    }

    /// Watches this JVM, and warns on the standard error. More threads than processors are not expected to do more.
    static SpeedWatch of(int threads) {
        return new SpeedWatch(System::nanoTime, System.err::println,
                Math.min(threads, Runtime.getRuntime().availableProcessors()),
                ManagementFactory.getRuntimeMXBean().getInputArguments());
    }

    /// Runs an op, and counts it.
    void run(ContractionOp op, Tensor first, Tensor second, Tensor out, Runnable body) {
        long work = multiplyAdds(op, first, second, out);
        if (work < LEAST_WORK) {
            body.run();
            return;
        }
        long begin = clock.getAsLong();
        body.run();
        count(2.0 * work, clock.getAsLong() - begin);
    }

    private synchronized void count(double work, long nanos) {
        spent += nanos;
        if (warned || spent < SETTLING) return;
        windowWork += work;
        windowTime += nanos;
        if (windowTime < WINDOW) return;
        double speed = windowWork / windowTime;
        windowWork = windowTime = 0;
        if (speed >= TOO_SLOW * threads) return;
        warned = true;
        warning.accept("warning: products and convolutions run at %.1f GF/s on %d thread%s, far below what processors "
                .formatted(speed, threads, threads == 1 ? "" : "s") + "can do: " + advice());
    }

    private String advice() {
        if (System.getProperty(Lanes.BITS_PROPERTY) != null) {
            return "leave out -D" + Lanes.BITS_PROPERTY + ", which may ask for vectors that they lack.";
        }
        return flagged ? "other programs may be using them, or this Java has not optimised the vector kernels, which a "
                + "new start may mend." : "this Java has not optimised the vector kernels; start it with " + FLAG + ".";
    }

    /// Those of ops whose kernel is the register tile alone; 0 for others.
    static long multiplyAdds(ContractionOp op, Tensor first, Tensor second, Tensor out) {
        return switch (op) {
            case MatMul m -> (long) out.size() * first.dim(m.transposeA() ? -2 : -1);
            case Conv2d c -> c.groups() > 1 ? 0 : (long) out.size() * (second.size() / second.dim(0));
            case Conv2dInputGrad c -> c.forward().groups() > 1
                    ? 0 : (long) first.size() * (second.size() / second.dim(0));
            case Conv2dWeightGrad c -> c.forward().groups() > 1 ? 0 : (long) second.size() * (out.size() / out.dim(0));
        };
    }
}
