package invar.benchmarks;

import invar.benchmarks.work.ReductionWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does it take to sum a matrix, its rows, its columns, or their exponentials?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Reduction -p kind=LOG_SUM_EXP`
public class ReductionBenchmark extends OnDevice {

    /// What is computed.
    @Param({"SUM", "SUM_OF_ROWS", "SUM_OF_COLUMNS", "LOG_SUM_EXP", "SOFTMAX"})
    public ReductionWork.Kind kind = ReductionWork.Kind.SUM;

    /// Rows.
    @Param({"33", "1024"})
    public int rows = 33;

    /// Columns.
    @Param({"129", "1024"})
    public int columns = 129;

    @Override
    Workload workload(Device on) {
        return new ReductionWork(on, kind, rows, columns);
    }

    /// The sums.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
