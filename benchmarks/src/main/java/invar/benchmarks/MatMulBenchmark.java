package invar.benchmarks;

import invar.benchmarks.work.MatMulWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does a product of square matrices take?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar MatMul -p n=1024`
public class MatMulBenchmark extends OnDevice {

    /// Rows and columns.
    @Param({"33", "128", "512", "1023", "1024", "2048"})
    public int n = 33;

    @Override
    Workload workload(Device on) {
        return new MatMulWork(on, n, n, n);
    }

    /// The product.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
