package invar.benchmarks;

import invar.benchmarks.work.OptimizerWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does a step of an optimiser over one tensor of parameters take?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Optimizer -p kind=SGD -p n=16777216`
public class OptimizerBenchmark extends OnDevice {

    /// Which one.
    @Param({"SGD", "ADAMW"})
    public OptimizerWork.Kind kind = OptimizerWork.Kind.SGD;

    /// How many parameters.
    @Param({"1001", "1048576", "16777216"})
    public int n = 1001;

    @Override
    Workload workload(Device on) {
        return new OptimizerWork(on, kind, n);
    }

    /// The parameters after the step.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
