package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.spi.Precision;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class GpuCasesTest {

    private static GpuCase named(String name, Precision precision) {
        return GpuCases.all().stream().filter(c -> c.name().equals(name) && c.precision() == precision).findFirst()
                .orElseThrow();
    }

    @Test
    void areToldApart() {
        assertThat(GpuCases.all().stream().map(c -> c.name() + " " + c.precision())).doesNotHaveDuplicates();
        assertThat(GpuCases.all().stream().map(GpuCase::toString)).doesNotHaveDuplicates();
    }

    @Test
    void countTheWorkOfTheFormula() {
        Rates h100 = Rates.dataSheet("cuda: driver for CUDA 13.0; NVIDIA H100 80GB HBM3 (compute capability 9.0)")
                .orElseThrow();
        Work small = named("ntxent/4096/128", Precision.TF32).work();
        assertThat(small.bound(h100, Precision.TF32)).isCloseTo(104e-6, within(1e-6));       // 6 M² D at 495 TFLOP/s
        assertThat(small.limit(h100, Precision.TF32)).isEqualTo("products");
        Work cosine = named("cosine/8192/128", Precision.TF32).work();
        assertThat(cosine.bound(h100, Precision.TF32)).isCloseTo(82.6e-6, within(1e-6));     // 268 MB at 3.35 TB/s
        assertThat(cosine.limit(h100, Precision.TF32)).isEqualTo("bytes");
        assertThat(named("simclr/512/32/64", Precision.BF16).work().flops())
                .isCloseTo(3 * 1024 * 2 * 0.5554e9, within(1e10));            // 555 M multiplications an image, forward
    }

    @Test
    void knowNoBoundWithoutRates() {
        Rates none = new Rates("none", Map.of(), 0, 0);
        assertThat(new Work(1, 1, 1).bound(none, Precision.FP32)).isZero();
        assertThat(new Work(1, 1, 1).limit(none, Precision.FP32)).isEmpty();
        assertThat(Rates.dataSheet("Some other device")).isEqualTo(Optional.empty());
    }

    /// Where the vendor's libraries take part, there is a form without them.
    @Test
    void haveAFormOfOurKernelsAlone() {
        List<String> groups = List.of("gemm", "conv", "step", "cosine");
        assertThat(GpuCases.all()).filteredOn(c -> groups.contains(c.group())).hasSizeGreaterThan(10)
                .allMatch(c -> c.ours().stream().anyMatch(GpuCases::own));
        assertThat(GpuCases.own("captured-own-kernels") && GpuCases.captured("captured-own-kernels")).isTrue();
        assertThat(GpuCases.own("fused") || GpuCases.captured("fused-own-kernels")).isFalse();
    }

    @Test
    void askWhatTheProjectClaims() {
        GpuCase largest = named("ntxent/32768/128", Precision.BF16);
        assertThat(largest.bars()).extracting(bar -> bar.kind() + " " + bar.least()).containsExactly(
                "ROOFLINE 0.35", "EAGER 4.0", "COMPILE 2.0", "MEMORY 1.0E9");
        assertThat(largest.ours()).containsExactly("fused");
        assertThat(named("simclr/512/32/64", Precision.BF16).bars()).containsExactly(new Bar(Bar.Kind.COMPILE, 1));
        assertThat(GpuCases.all()).filteredOn(c -> c.group().equals("passes"))
                .allMatch(c -> c.bars().equals(List.of(new Bar(Bar.Kind.BANDWIDTH, 0.85))));
    }

    @Test
    void errorsAreRelativeToTheReference() {
        List<double[]> reference = List.of(new double[] {2}, new double[] {3, 4});
        assertThat(Errors.relative(reference, List.of(new double[] {2}, new double[] {3, 4}))).isZero();
        assertThat(Errors.relative(reference, List.of(new double[] {2.02}, new double[] {3, 4.5})))
                .isCloseTo(0.1, within(1e-12));
        assertThat(Errors.relative(reference, List.of(new double[] {2}))).isInfinite();
        assertThat(Errors.relative(reference, List.of(new double[] {2}, new double[] {3}))).isInfinite();
        assertThat(Errors.relative(reference, List.of(new double[] {Double.NaN}, new double[] {3, 4}))).isInfinite();
        assertThat(Errors.relative(reference, List.of(new double[] {3}, new double[] {Double.NaN, 4}))).isInfinite();
    }
}
