package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The way to the matrix product in `kernels/dev/gemm`.
class GemmVersionsTest {

    @Test
    void allVersionsAgreeWithTheProductInIntegers() throws IOException, InterruptedException {
        Path folder = Path.of("").toAbsolutePath(), script = Path.of("kernels/dev/gemm/check.sh");
        while (!Files.exists(folder.resolve(script))) folder = folder.getParent();
        Process process = new ProcessBuilder("bash", folder.resolve(script).toString()).redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        assertThat(text).contains("all versions agree");
    }
}
