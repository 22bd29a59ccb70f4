package invar.ssl.check;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every golden file on every backend that needs no special hardware.
class GoldenTest {

    private static final List<String> BACKENDS = List.of("reference", "cpu");

    /// Ops of the golden set that no code of this project computes yet: none. An op that is listed here and supported,
    /// or neither, fails [#theSupportedOpsAreAllButTheListedOnes].
    private static final Set<String> UNSUPPORTED = Set.of();

    private static final List<Device> OPEN = new ArrayList<>();

    @TestFactory
    Stream<DynamicContainer> everyCaseIsWithinItsTolerance() {
        List<Path> files = GoldenSet.all();
        assertThat(files).hasSize(GoldenSet.COUNT);
        return BACKENDS.stream().map(backend -> {
            Device device = Device.open(backend);
            OPEN.add(device);
            GoldenCheck check = new GoldenCheck(device);
            return DynamicContainer.dynamicContainer(backend, files.stream()
                    .filter(file -> !UNSUPPORTED.contains(op(file)))
                    .map(file -> DynamicTest.dynamicTest(op(file) + "/" + file.getFileName(), () -> {
                        GoldenCheck.Verdict verdict = check.check(file);
                        assertThat(verdict.passed()).as(verdict.line()).isTrue();
                    })));
        });
    }

    @AfterAll
    static void closeDevices() {
        OPEN.forEach(Device::close);
    }

    @Test
    void theSupportedOpsAreAllButTheListedOnes() {
        Set<String> expected = new TreeSet<>();
        GoldenSet.all().forEach(file -> expected.add(op(file)));
        expected.removeAll(UNSUPPORTED);
        assertThat(GoldenOps.names()).containsExactlyElementsOf(expected);
    }

    private static String op(Path file) {
        return file.getParent().getFileName().toString();
    }
}
