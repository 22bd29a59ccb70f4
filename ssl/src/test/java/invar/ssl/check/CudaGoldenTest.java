package invar.ssl.check;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/// Every golden file on the CUDA backend: on a device, or on the emulator where `invar.cuda.driver` names it.
@Tag("cuda")
class CudaGoldenTest {

    private static Device device;

    @BeforeAll
    static void open() {
        device = Device.open("cuda");
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @TestFactory
    Stream<DynamicTest> everyCaseIsWithinItsTolerance() {
        assertThat(GoldenSet.all()).hasSize(GoldenSet.COUNT);
        GoldenCheck check = new GoldenCheck(device);
        return GoldenSet.all().stream().map(file -> DynamicTest.dynamicTest(
                file.getParent().getFileName() + "/" + file.getFileName(), () -> {
                    GoldenCheck.Verdict verdict = check.check(file);
                    assertThat(verdict.passed()).as(verdict.line()).isTrue();
                }));
    }
}
