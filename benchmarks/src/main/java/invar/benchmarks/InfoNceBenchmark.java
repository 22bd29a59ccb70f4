package invar.benchmarks;

import invar.benchmarks.work.Pass;
import invar.benchmarks.work.QueueWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/// How long does the loss of MoCo take: softmax noise-contrastive estimation against a queue?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar InfoNce -p queue=65536 -prof gc`
public class InfoNceBenchmark extends OnDevice {

    /// N, queries.
    @Param({"33", "256"})
    public int queries = 33;

    /// K, keys in the queue.
    @Param({"1025", "65536"})
    public int queue = 1025;

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
        return new QueueWork(on, queries, queue, dim, pass);
    }

    /// The loss, then its gradient for the queries.
    @Benchmark
    public Tensor[] run() {
        return compute();
    }
}
