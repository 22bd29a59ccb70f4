package invar.benchmarks;

import invar.benchmarks.work.NtXentWork;
import invar.benchmarks.work.Pass;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does the loss of SimCLR take: softmax noise-contrastive estimation in the batch?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar NtXent -p images=1024 -prof gc`
public class NtXentBenchmark extends OnDevice {

    /// N; the loss is of 2N rows.
    @Param({"33", "256", "257", "1024"})
    public int images = 33;

    /// The length of a row.
    @Param({"128"})
    public int dim = 128;

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
        return new NtXentWork(on, images, dim, pass);
    }

    /// The loss, then its gradient.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
