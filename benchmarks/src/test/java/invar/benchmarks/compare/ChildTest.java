package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChildTest {

    @TempDir
    private Path folder;

    @Test
    void readsTheMostMemoryOfAProcess() throws IOException {
        Path status = Files.writeString(folder.resolve("status"), "Name:\tjava\nVmHWM:\t  616448 kB\nVmRSS:\t 12 kB\n");
        assertThat(Child.peak(status)).hasValue(616448L * 1024);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Name:\tjava\nVmRSS:\t 12 kB\n", "VmHWM:\n", "VmHWM:\t0 kB\n"})
    void knowsNoMemoryFromAStatusThatTellsNone(String text) throws IOException {
        assertThat(Child.peak(Files.writeString(folder.resolve("status"), text))).isEmpty();
    }

    @Test
    void knowsNoMemoryWithoutAReadableStatus() {
        assertThat(Child.peak(folder.resolve("absent"))).isEmpty();
        assertThat(Child.peak(folder)).isEmpty();
    }
}
