package invar.benchmarks;

import invar.benchmarks.work.Composed;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// What all benchmarks of tensors share: a device, and a workload that has proved right before it is timed.
///
/// Everywhere `-p device=reference` times the plain loops in double, with small sizes only, and
/// `-jvmArgsAppend -Dinvar.cpu.bits=128` the CPU backend's kernels with narrower vectors.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsPrepend = {
    "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:Tier3DelayOn=100000"})
public abstract class OnDevice {

    /// The name of a device, as `ssl devices` prints it: `cpu`, `reference`, …
    @Param("cpu")
    public String device = "cpu";

    private Device opened;
    private Workload workload;

    /// The computation, on this device.
    abstract Workload workload(Device on);

    /// Whether fused ops run as the compositions of primitive ops that define them.
    boolean composed() {
        return false;
    }

    /// Opens the device and checks the result.
    ///
    /// @throws IllegalStateException if it is wrong; nothing is timed then
    @Setup
    public final void prepare() {
        prepare(Device.open(device));
    }

    /// The same on a device made elsewhere, e.g. by a test; [#finish] closes it.
    final void prepare(Device on) {
        opened = on;
        workload = workload(composed() ? Composed.device(on) : on);
        workload.guard();
    }

    /// Computes everything once and waits until it is done.
    final Tensor[] compute() {
        return workload.call();
    }

    /// Closes the device.
    @TearDown
    public final void finish() {
        if (workload != null) workload.close();
        opened.close();
    }
}
