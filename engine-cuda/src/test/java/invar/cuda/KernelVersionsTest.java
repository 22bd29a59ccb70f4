package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The ways to the kernels in `kernels/dev`, each with a `check.sh` that compares its versions with a plain loop.
class KernelVersionsTest {

    static List<Path> ways() throws IOException {
        Path folder = Path.of("").toAbsolutePath(), ways = Path.of("kernels/dev");
        while (!Files.exists(folder.resolve(ways))) folder = folder.getParent();
        try (var all = Files.list(folder.resolve(ways))) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void allVersionsAgreeWithAPlainLoop(Path way) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", way.resolve("check.sh").toString()).redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        assertThat(text).contains("all versions agree");
    }
}
