package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.spi.Precision;
import invar.core.spi.Replay;
import java.util.function.Supplier;

/// One computation on a device, with its inputs, to be called again and again.
///
/// Inputs are persistent tensors whose values depend on their shape and seed alone, so the same workload on another
/// device, or written for another library, gets the same numbers. Results live in a scope of their own until the next
/// call, as in a training step.
public abstract class Workload implements AutoCloseable {

    /// How far a result in float may be from one in double, as a part of its own size plus the usual size of its
    /// fellows. The rounding of sums of some thousand terms stays under a tenth of it; a wrong term or index does not.
    protected static final double TOLERANCE = 1e-4;

    private final Device device;
    private final Scope scope;

    /// Opens a scope on the device; workloads of one device are closed in reverse order.
    protected Workload(Device device) {
        this.device = device;
        this.scope = device.scope();
    }

    /// Where it runs.
    public final Device device() {
        return device;
    }

    /// Computes everything once and waits until it is done. The result is valid until the next call.
    public final Tensor[] call() {
        Tensor[] out = start();
        device.synchronize();
        return out;
    }

    /// Asks for everything once; it may not be done yet on return. The result is valid until the next call.
    public final Tensor[] start() {
        scope.reset();
        return compute();
    }

    /// A call that was recorded.
    ///
    /// @param replay makes it again, without the host's part of it where the device can
    /// @param out    the results of the last replay, valid until this workload computes anything else
    public record Recording(Replay replay, Supplier<Tensor[]> out) {}

    /// Records a call, and makes it.
    public final Recording recording() {
        call();
        call();                                               // now everything that is made once is there
        Tensor[][] out = new Tensor[1][];
        Replay replay = device.backend().capture(() -> out[0] = start());
        device.synchronize();
        return new Recording(replay, () -> out[0]);         // where a device cannot record, they are others each time
    }

    /// What is timed.
    protected abstract Tensor[] compute();

    /// The same computation through the same code, of a size that the reference backend can do in a moment.
    protected abstract Workload small(Device on);

    /// Compares parts of a result at the full size with values computed another way, in double.
    protected void inspect(Tensor[] out, Guard guard) {}

    /// See [#TOLERANCE]; in single precision.
    protected double tolerance() {
        return TOLERANCE;
    }

    /// How much the rounding of one factor is multiplied on its way to a result, at most. A product of two rounded
    /// factors is off by 0.6 roundoffs on average, and the worst of some thousand sums of such by four times that.
    protected double amplification() {
        return 8;
    }

    private double toleranceHere() {
        Precision precision = device.precision();
        return tolerance() + (precision == Precision.FP32 ? 0 : amplification() * precision.roundoff());
    }

    /// Checks the small instance against the reference backend, then parts of this one's result.
    ///
    /// @return the result that was checked, valid until the next call
    /// @throws IllegalStateException if anything disagrees; nothing should be timed then
    public final Tensor[] guard() {
        Guard guard = new Guard(this, toleranceHere());
        double[][] actual = twice(small(device)), expected;
        try (Device reference = Device.open("reference")) {
            expected = twice(small(reference));
        }
        for (int i = 0; i < expected.length; i++) guard.agree("small result " + i, expected[i], actual[i]);
        Tensor[] out = call();
        inspect(out, guard);
        return out;
    }

    /// The results of the second call: a first one may leave something behind that the next one stumbles on.
    private static double[][] twice(Workload workload) {
        try (workload) {
            workload.call();
            Tensor[] out = workload.call();
            double[][] values = new double[out.length][];
            for (int i = 0; i < out.length; i++) values[i] = out[i].doubles();
            return values;
        }
    }

    /// A persistent tensor of random numbers of mean 0 and variance 1.
    protected final Tensor input(long seed, int... extents) {
        return input(Inputs.normal(seed, Math.toIntExact(Shape.of(extents).elements())), extents);
    }

    /// A persistent tensor of these values.
    protected final Tensor input(float[] values, int... extents) {
        return device.persistent(() -> device.tensor(Shape.of(extents), values));
    }

    /// The loss, and, if `pass` asks for it, its gradients for the watched tensors.
    protected final Tensor[] differentiated(Pass pass, Supplier<Tensor> loss, Tensor... watched) {
        if (pass == Pass.FORWARD) return new Tensor[] {loss.get()};
        try (Tape tape = Tape.watching(watched)) {
            Tensor value = loss.get();
            Gradients gradients = tape.gradients(value);
            Tensor[] out = new Tensor[1 + watched.length];
            out[0] = value;
            for (int i = 0; i < watched.length; i++) out[1 + i] = gradients.of(watched[i]);
            return out;
        }
    }

    @Override
    public final void close() {
        scope.close();
    }
}
