package invar.benchmarks;

import invar.benchmarks.work.PointwiseWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does a pass take that computes each number from those at its place: exp, log, ReLU, a sum?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Pointwise -p kind=EXP`
public class PointwiseBenchmark extends OnDevice {

    /// What is computed.
    @Param({"EXP", "LOG", "RELU", "ADD"})
    public PointwiseWork.Kind kind = PointwiseWork.Kind.EXP;

    /// How many numbers: in the first cache, in none of them, and odd.
    @Param({"1001", "4096", "16777216"})
    public int n = 1001;

    @Override
    Workload workload(Device on) {
        return new PointwiseWork(on, kind, n);
    }

    /// The results.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
