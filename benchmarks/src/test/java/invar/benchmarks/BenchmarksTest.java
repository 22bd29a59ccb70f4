package invar.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs every benchmark that JMH would find once, at its smallest size, which is what its fields say.
class BenchmarksTest {

    private static Set<String> classes() {
        Set<String> names = new TreeSet<>();
        for (BenchmarkListEntry entry : BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())) {
            names.add(entry.getUserClassQName());
        }
        return names;
    }

    private static Object make(String name) throws ReflectiveOperationException {
        return Class.forName(name).getDeclaredConstructor().newInstance();
    }

    private static Stream<OnDevice> onDevice() {
        return classes().stream().map(name -> {
            try {
                return make(name);
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }).filter(OnDevice.class::isInstance).map(OnDevice.class::cast);
    }

    @Test
    void theListForJmhHoldsEveryQuestion() {
        assertThat(classes()).extracting(name -> name.substring(name.lastIndexOf('.') + 1)).containsExactly(
                "AugmentationBenchmark", "BarlowTwinsBenchmark", "BatchNormBenchmark", "ConvolutionBenchmark",
                "CosineBenchmark", "InfoNceBenchmark", "MatMulBenchmark", "NtXentBenchmark", "OptimizerBenchmark",
                "PointwiseBenchmark", "ReductionBenchmark", "ResNetStepBenchmark");
    }

    @TestFactory
    Stream<DynamicTest> isRightWhereItIsSmallest() {
        return onDevice().map(benchmark -> DynamicTest.dynamicTest(benchmark.getClass().getSimpleName(), () -> {
            benchmark.prepare();
            assertThat(benchmark.compute()).isNotEmpty();
            benchmark.finish();
        }));
    }

    @TestFactory
    Stream<DynamicTest> isRightWithoutFusedKernelsAndWithGradients() throws ReflectiveOperationException {
        return onDevice().filter(benchmark -> has(benchmark, "form")).map(benchmark ->
                DynamicTest.dynamicTest(benchmark.getClass().getSimpleName(), () -> {
                    benchmark.getClass().getField("form").set(benchmark, "composed");
                    benchmark.getClass().getField("pass").set(benchmark, invar.benchmarks.work.Pass.BOTH);
                    benchmark.prepare();
                    assertThat(benchmark.compute()).hasSizeGreaterThan(1);
                    benchmark.finish();
                }));
    }

    @TestFactory
    Stream<DynamicTest> isRightWithGradients() throws ReflectiveOperationException {
        return onDevice().filter(benchmark -> has(benchmark, "pass")).map(benchmark ->
                DynamicTest.dynamicTest(benchmark.getClass().getSimpleName(), () -> {
                    benchmark.getClass().getField("pass").set(benchmark, invar.benchmarks.work.Pass.BOTH);
                    benchmark.prepare();
                    assertThat(benchmark.compute()).hasSizeGreaterThan(1);
                    benchmark.finish();
                }));
    }

    @TestFactory
    Stream<DynamicTest> refusesToTimeAWrongResult() {
        return onDevice().map(benchmark -> DynamicTest.dynamicTest(benchmark.getClass().getSimpleName(), () -> {
            Device wrong = new Device("wrong", new OffByALittle(Device.open("cpu").backend()));
            assertThatThrownBy(() -> benchmark.prepare(wrong)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("nothing was timed");
            benchmark.finish();
        }));
    }

    @Test
    void augmentationsAreChecked() {
        AugmentationBenchmark benchmark = new AugmentationBenchmark();
        benchmark.prepare();
        float[] views = benchmark.run();
        for (float value : views) assertThat(value).isBetween(0f, 1f);
    }

    @TestFactory
    Stream<DynamicTest> theFirstParameterIsTheSmallest() {
        return onDevice().map(benchmark -> DynamicTest.dynamicTest(benchmark.getClass().getSimpleName(), () -> {
            for (var field : benchmark.getClass().getFields()) {
                var param = field.getAnnotation(org.openjdk.jmh.annotations.Param.class);
                assertThat(param).as("%s is a parameter", field).isNotNull();
                assertThat(Modifier.isFinal(field.getModifiers())).isFalse();
                assertThat(field.get(benchmark)).hasToString(param.value()[0]);
            }
        }));
    }

    private static boolean has(Object benchmark, String field) {
        return Stream.of(benchmark.getClass().getFields()).anyMatch(f -> f.getName().equals(field));
    }
}
