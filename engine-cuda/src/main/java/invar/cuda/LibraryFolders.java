package invar.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Where NVIDIA's libraries may lie: in the toolkit's folders, the system's, and those of Python's packages.
final class LibraryFolders {

    private final Set<Path> found = new LinkedHashSet<>();

    private LibraryFolders() {}

    /// Folders that exist, in the order in which they are to be searched: `LD_LIBRARY_PATH`, `CUDA_HOME` and
    /// `CUDA_PATH`, `/usr/local/cuda*`, the system's folders, and the packages `nvidia-*` of the Pythons that are
    /// active, on the `PATH` and of the system.
    ///
    /// @param environment the value of a variable, or null
    /// @param root        `/`
    static List<Path> all(UnaryOperator<String> environment, Path root) {
        LibraryFolders folders = new LibraryFolders();
        folders.paths(environment.apply("LD_LIBRARY_PATH"));
        for (String variable : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
            String value = environment.apply(variable);
            if (value != null && !value.isBlank()) folders.toolkit(Path.of(value));
        }
        folders.toolkit(root.resolve("usr/local/cuda"));
        matching(root.resolve("usr/local"), "cuda-*").forEach(folders::toolkit);
        for (String system : new String[] {"usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib"}) {
            folders.add(root.resolve(system));
        }
        for (String variable : new String[] {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            String value = environment.apply(variable);
            if (value == null || value.isBlank()) continue;
            folders.add(Path.of(value, "lib"));
            folders.python(Path.of(value, "lib"));
        }
        for (Path folder : listed(environment.apply("PATH"))) {
            if (Files.exists(folder.resolve("python3"))) folders.python(folder.resolveSibling("lib"));
        }
        String home = environment.apply("HOME");
        if (home != null && !home.isBlank()) folders.python(Path.of(home, ".local/lib"));
        folders.python(root.resolve("usr/local/lib"));
        folders.python(root.resolve("usr/lib"));
        return List.copyOf(folders.found);
    }

    /// The folders of a list that is separated by colons; other text is passed over.
    static List<Path> listed(String list) {
        LibraryFolders folders = new LibraryFolders();
        folders.paths(list);
        return List.copyOf(folders.found);
    }

    private void paths(String list) {
        if (list == null) return;
        for (String part : list.split(":")) {
            try {
                if (!part.isBlank()) add(Path.of(part));
            } catch (InvalidPathException _) {
                continue;                                                    // nor can the loader find anything there
            }
        }
    }

    private void toolkit(Path folder) {
        add(folder.resolve("lib64"));
        add(folder.resolve("targets/x86_64-linux/lib"));
    }

    private void python(Path lib) {
        for (Path version : matching(lib, "python3*")) {
            for (String packages : new String[] {"site-packages", "dist-packages"}) {
                Path nvidia = version.resolve(packages).resolve("nvidia");
                matching(nvidia, "cu1[0-9]").forEach(of -> add(of.resolve("lib")));
                add(nvidia.resolve("cublas/lib"));
                add(nvidia.resolve("cudnn/lib"));
            }
        }
    }

    private void add(Path folder) {
        if (Files.isDirectory(folder)) found.add(folder.toAbsolutePath().normalize());
    }

    /// Later versions first.
    private static List<Path> matching(Path folder, String glob) {
        List<Path> matches = new ArrayList<>();
        if (!Files.isDirectory(folder)) return matches;
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(matches::add);
        } catch (IOException | DirectoryIteratorException | UncheckedIOException _) {
            return matches;                                                  // may not be read: nothing is found there
        }
        matches.sort(Comparator.<Path>naturalOrder().reversed());
        return matches;
    }
}
