package invar.benchmarks;

import invar.benchmarks.work.AugmentationWork;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// How long do the augmented views of 64 images take, on one thread?
///
/// Run: `java -jar benchmarks/target/benchmarks.jar Augmentation -p recipe=simclr`
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public class AugmentationBenchmark {

    /// As in `ssl train --augment`.
    @Param({"simclr", "moco-v2", "byol", "drawings"})
    public String recipe = "simclr";

    /// Height and width of images and views.
    @Param({"32", "96"})
    public int size = 32;

    private AugmentationWork work;

    /// Makes the images and checks some views.
    @Setup
    public void prepare() {
        work = new AugmentationWork(recipe, size);
        work.guard();
    }

    /// 64 views.
    @Benchmark
    public float[] run() {
        return work.call();
    }
}
