package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFoldersTest {

    @TempDir
    Path root;

    private String folder(String path) throws IOException {
        return Files.createDirectories(root.resolve(path)).toString();
    }

    @Test
    void namesToolkitsSystemAndPackagesInThatOrder() throws IOException {
        List<String> expected = List.of(folder("mine"), folder("sdk/lib64"), folder("sdk/targets/x86_64-linux/lib"),
                folder("usr/local/cuda/lib64"), folder("usr/local/cuda-13.0/lib64"),
                folder("usr/local/cuda-12.6/targets/x86_64-linux/lib"), folder("usr/lib/x86_64-linux-gnu"),
                folder("usr/lib"), folder("env/lib"), folder("env/lib/python3.12/site-packages/nvidia/cu13/lib"),
                folder("env/lib/python3.12/site-packages/nvidia/cublas/lib"),
                folder("env/lib/python3.12/site-packages/nvidia/cudnn/lib"),
                folder("opt/venv/lib/python3.12/site-packages/nvidia/cu13/lib"),
                folder("home/.local/lib/python3.11/site-packages/nvidia/cudnn/lib"),
                folder("usr/local/lib/python3.10/dist-packages/nvidia/cublas/lib"));
        folder("env/lib/python3.12/site-packages/nvidia/nccl/lib");
        folder("usr/local/cudatools/lib64");
        folder("other/lib/python3.12/site-packages/nvidia/cu13/lib");
        folder("other/bin");
        Files.createFile(Path.of(folder("opt/venv/bin")).resolve("python3"));
        Map<String, String> environment = Map.of("LD_LIBRARY_PATH", root + "/mine::/nowhere:" + root + "/mine",
                "PATH", root + "/other/bin:" + root + "/opt/venv/bin", "CUDA_HOME", root + "/sdk",
                "CUDA_PATH", root + "/sdk", "VIRTUAL_ENV", root + "/env",
                "CONDA_PREFIX", " ", "HOME", root + "/home");
        assertThat(LibraryFolders.all(environment::get, root)).map(Path::toString).containsExactlyElementsOf(expected);
    }

    @Test
    void namesNothingWhereThereIsNothing() {
        assertThat(LibraryFolders.all(_ -> null, root)).isEmpty();
        assertThat(LibraryFolders.listed("/nowhere:\0:")).isEmpty();
    }
}
