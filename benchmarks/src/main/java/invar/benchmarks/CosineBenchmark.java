package invar.benchmarks;

import invar.benchmarks.work.CosineWork;
import invar.benchmarks.work.Pass;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long do the cosines of all pairs of rows take, and their gradients?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Cosine -p rows=1024 -prof gc`
public class CosineBenchmark extends OnDevice {

    /// Rows of both matrices.
    @Param({"33", "256", "1023", "4096"})
    public int rows = 33;

    /// Their length.
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
        return new CosineWork(on, rows, rows, dim, pass);
    }

    /// The cosines, then the gradients for both matrices.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
