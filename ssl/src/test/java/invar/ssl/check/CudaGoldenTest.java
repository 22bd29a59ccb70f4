package invar.ssl.check;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every golden file on the CUDA backend: on a device, or on the emulator where `invar.cuda.driver` names it.
@Tag("cuda")
class CudaGoldenTest {

    private static final List<Device> OPEN = new ArrayList<>();

    @AfterAll
    static void close() {
        OPEN.forEach(Device::close);
    }

    @TestFactory
    Stream<DynamicContainer> everyCaseIsWithinItsTolerance() {
        assertThat(GoldenSet.all()).hasSize(GoldenSet.COUNT);
        return Arrays.stream(Precision.values()).map(precision -> {
            GoldenCheck check = new GoldenCheck(device(precision));
            return DynamicContainer.dynamicContainer(precision.toString(), GoldenSet.all().stream().map(file ->
                    DynamicTest.dynamicTest(file.getParent().getFileName() + "/" + file.getFileName(), () -> {
                        GoldenCheck.Verdict verdict = check.check(file);
                        assertThat(verdict.passed()).as(verdict.line()).isTrue();
                    })));
        });
    }

    private static Device device(Precision precision) {
        Device device = Device.open("cuda", new DeviceOptions(1, 0, precision, Set.of()));
        OPEN.add(device);
        assertThat(device.precision()).isEqualTo(precision);
        return device;
    }

    /// What is allowed is not so wide that rounding to eight bits passes for rounding to eleven, or that for none. A
    /// case with one product may: it is given four times what it needs on average, and eight times less is too narrow
    /// for the sensitive ones only.
    @Test
    void aDeviceIsNotAsPreciseAsItIsNot() {
        assertThat(failures(Precision.TF32, Precision.FP32)).isGreaterThan(70);
        assertThat(failures(Precision.BF16, Precision.TF32)).isGreaterThan(10);
    }

    /// How many cases fail that are computed in one precision and judged by another.
    private static long failures(Precision computed, Precision judged) {
        GoldenCheck check = new GoldenCheck(device(computed), judged);
        return GoldenSet.all().stream().filter(file -> !file.toString().contains("resnet"))
                .filter(file -> !check.check(file).passed()).count();
    }
}
