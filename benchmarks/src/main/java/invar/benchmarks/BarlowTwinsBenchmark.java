package invar.benchmarks;

import invar.benchmarks.work.BarlowWork;
import invar.benchmarks.work.Pass;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does the loss of Barlow Twins take: the cross-correlation of features, and its distance from 1?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar BarlowTwins -p dim=2048 -prof gc`
public class BarlowTwinsBenchmark extends OnDevice {

    /// N, images in the batch.
    @Param({"33", "256"})
    public int images = 33;

    /// D, features.
    @Param({"129", "2048"})
    public int dim = 129;

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
        return new BarlowWork(on, images, dim, pass);
    }

    /// The loss, then its gradients for both views.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
