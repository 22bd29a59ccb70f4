package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What `kernels/build.sh --if-changed` does in a Maven build, on a copy with one kernel and a stand-in for nvcc.
@Timeout(60)
@EnabledOnOs(OS.LINUX)                                  // as the emulator
class KernelsBuildTest {

    private static final String CHANGED = "kernels: the sources have changed";

    @TempDir
    Path kernels;

    private Path source, ptx, manifest, nvcc;

    /// How a build ended.
    private record Said(int code, String text) {}

    private Said build(Path compiler, String... options) throws IOException, InterruptedException {
        String[] command = new String[2 + options.length];
        command[0] = "bash";
        command[1] = kernels.resolve("build.sh").toString();
        System.arraycopy(options, 0, command, 2, options.length);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NVCC", compiler.toString());
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), text);
    }

    private Said ifChanged() throws IOException, InterruptedException {
        return build(nvcc, "--if-changed");
    }

    /// An nvcc that says it has this version, and makes a copy of the source a module with one entry point.
    private void install(String version) throws IOException {
        nvcc = Files.writeString(kernels.resolve("nvcc"), """
                #!/usr/bin/env bash
                if [ "$1" = --version ]; then echo "Cuda compilation tools, release X, V%s"; exit 0; fi
                while [ "$1" != -o ]; do shift; done
                if grep -q wrong "$3"; then echo "$3: error" >&2; exit 2; fi
                { echo ".version 9.0"; echo ".visible .entry twice("; cat "$3"; } > "$2"
                """.formatted(version));
        Files.setPosixFilePermissions(nvcc, PosixFilePermissions.fromString("rwx------"));
    }

    @BeforeEach
    void makeKernels() throws IOException, InterruptedException {
        Files.copy(Path.of("../kernels/build.sh"), kernels.resolve("build.sh"));
        source = Files.createDirectories(kernels.resolve("src/main/cuda")).resolve("twice.cu");
        Files.writeString(source, "first\n");
        Files.writeString(source.resolveSibling("common.cuh"), "shared\n");
        Path target = kernels.resolve("src/main/resources/invar/kernels");
        ptx = target.resolve("twice.ptx");
        manifest = target.resolve("manifest.txt");
        install("13.0.88");
        assertThat(build(nvcc)).isEqualTo(new Said(0, ""));
        assertThat(ptx).hasContent(".version 8.0\n.visible .entry twice(\nfirst\n");
        assertThat(target.resolve("index.txt")).hasContent("twice twice\n");
        assertThat(manifest).content().startsWith("nvcc V13.0.88 -arch=compute_75 -O3 ").hasLineCount(5);
    }

    @Test
    void doesNothingWhereNothingHasChanged() throws IOException, InterruptedException {
        var before = Files.getLastModifiedTime(ptx);
        assertThat(ifChanged()).isEqualTo(new Said(0, ""));
        assertThat(build(Path.of("/nowhere/nvcc"), "--if-changed")).isEqualTo(new Said(0, ""));
        assertThat(Files.getLastModifiedTime(ptx)).isEqualTo(before);
    }

    @Test
    void compilesWhatHasChanged() throws IOException, InterruptedException {
        Files.writeString(source, "second\n");
        assertThat(ifChanged()).isEqualTo(new Said(0, CHANGED + "; " + nvcc + " compiles them\n"));
        assertThat(ptx).content().endsWith("second\n");
        assertThat(ifChanged()).isEqualTo(new Said(0, ""));
        Files.writeString(source.resolveSibling("common.cuh"), "changed, too\n");
        assertThat(ifChanged().text).startsWith(CHANGED);
        Files.writeString(source.resolveSibling("thrice.cu"), "new\n");
        assertThat(ifChanged().text).startsWith(CHANGED);
        Files.delete(source.resolveSibling("thrice.cu"));
        assertThat(ifChanged().text).startsWith(CHANGED);
        assertThat(ptx.resolveSibling("thrice.ptx")).doesNotExist();
        assertThat(ifChanged()).isEqualTo(new Said(0, ""));
    }

    /// The build goes on, and `KernelsManifestTest` fails.
    @Test
    void saysThatItCannot() throws IOException, InterruptedException {
        Files.writeString(source, "second\n");
        String old = Files.readString(manifest), advice = ": run kernels/build.sh with nvcc 13.0\n";
        String since = CHANGED + " since their PTX was made, and ";
        assertThat(build(Path.of("/nowhere/nvcc"), "--if-changed"))
                .isEqualTo(new Said(0, since + "/nowhere/nvcc is missing" + advice));
        install("12.8.93");
        assertThat(ifChanged()).isEqualTo(new Said(0, since + nvcc + " is 12.8" + advice));
        install("13.1.12");
        assertThat(ifChanged()).isEqualTo(new Said(0, since + nvcc + " is 13.1" + advice));
        assertThat(ptx).content().endsWith("first\n");
        assertThat(manifest).hasContent(old);
    }

    @Test
    void aMistakeInASourceEndsTheBuild() throws IOException, InterruptedException {
        Files.writeString(source, "wrong\n");
        Said said = ifChanged();
        assertThat(said.code).isNotZero();
        assertThat(said.text).contains("twice.cu: error");
        assertThat(ifChanged().code).isNotZero();
    }
}
