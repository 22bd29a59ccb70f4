package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FirstStepsTest {

    private static List<String> lines(long steps) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Map<String, String> settings = Map.of("data", "emoji32", "encoder.width", "2", "batch", "8", "epochs", "1",
                "imageSize", "8", "optimization.warmupEpochs", "0", "seed", "3");
        FirstSteps.print("cpu", steps, settings, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void areThoseOfTheSameRun() {
        List<String> three = lines(3), two = lines(2);
        assertThat(three).hasSize(3).allMatch(line -> line.matches("step [1-3] loss [0-9]\\.[0-9]{6}"));
        assertThat(two).isEqualTo(three.subList(0, 2));
    }
}
