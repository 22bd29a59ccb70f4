package invar.benchmarks;

import invar.benchmarks.work.ConvWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import java.util.Arrays;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long do a convolution and its two gradients take?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Convolution -p which=WEIGHT_GRAD`
public class ConvolutionBenchmark extends OnDevice {

    /// Which of the three.
    @Param({"FORWARD", "INPUT_GRAD", "WEIGHT_GRAD"})
    public ConvWork.Which which = ConvWork.Which.FORWARD;

    /// Images.
    @Param({"9", "64"})
    public int images = 9;

    /// Channels in and out, height, height of a filter, stride: layers of ResNet-18 on images of 32 pixels, and an odd
    /// one.
    @Param({"5-7-9-3-1", "3-64-32-3-1", "64-64-32-3-1", "64-128-32-3-2", "64-128-32-1-2", "512-512-4-3-1"})
    public String layer = "5-7-9-3-1";

    @Override
    Workload workload(Device on) {
        return new ConvWork(on, sizes(), which);
    }

    private ConvWork.Sizes sizes() {
        int[] s = Arrays.stream(layer.split("-")).mapToInt(Integer::parseInt).toArray();
        return new ConvWork.Sizes(images, s[0], s[2], s[1], s[3], s[4]);
    }

    /// The result of one of the three.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
