package invar.benchmarks;

import invar.benchmarks.work.BatchNormWork;
import invar.benchmarks.work.Pass;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does batch normalisation take, and its gradients?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar BatchNorm -p channels=64 -prof gc`
public class BatchNormBenchmark extends OnDevice {

    /// Images in the batch.
    @Param({"9", "64"})
    public int images = 9;

    /// Channels.
    @Param({"17", "64"})
    public int channels = 17;

    /// Height and width.
    @Param({"7", "32"})
    public int size = 7;

    /// The fused kernel, or the composition of primitive ops that defines it.
    @Param({"fused", "composed"})
    public String form = "fused";

    /// Without or with gradients.
    @Param({"FORWARD", "BOTH"})
    public Pass pass = Pass.FORWARD;

    @Override
    boolean composed() {
        return form.equals("composed");
    }

    @Override
    Workload workload(Device on) {
        return new BatchNormWork(on, images, channels, size, pass);
    }

    /// The normalised images, then the gradients for images, scale and shift.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
