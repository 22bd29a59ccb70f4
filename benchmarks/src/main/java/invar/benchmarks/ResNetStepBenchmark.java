package invar.benchmarks;

import invar.benchmarks.work.ResNetStepWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does a training step of ResNet-18 with the CIFAR stem take?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar ResNetStep -p width=64 -prof gc`
public class ResNetStepBenchmark extends OnDevice {

    /// Images in the batch.
    @Param({"6", "64"})
    public int batch = 6;

    /// Height and width of the images.
    @Param({"32"})
    public int size = 32;

    /// Channels of the stem; 64 in the paper.
    @Param({"8", "64"})
    public int width = 8;

    @Override
    Workload workload(Device on) {
        return new ResNetStepWork(on, batch, size, width);
    }

    /// The loss before the step.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
