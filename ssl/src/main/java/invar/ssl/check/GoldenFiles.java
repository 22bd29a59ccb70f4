package invar.ssl.check;

import invar.nn.io.Safetensors;
import invar.ssl.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Which files to check, and where to put what was computed from each.
public final class GoldenFiles {

    private static final String EXTENSION = ".safetensors";

    private GoldenFiles() {}

    /// A file to check.
    ///
    /// @param file where it is
    /// @param name its relative name: the path inside the folder that was given, or, for a file given itself, the name
    ///             of its folder and its own
    public record Entry(Path file, Path name) {

        /// Writes what was computed to the entry's name below `folder`, and makes the folders on the way.
        ///
        /// @throws IOException if that fails
        public void save(Safetensors computed, Path folder) throws IOException {
            Path target = folder.resolve(name);
            Files.createDirectories(target.getParent());
            computed.write(target);
        }
    }

    /// All files that `paths` name: files as they are, folders with every `.safetensors` file below them, in order of
    /// their paths.
    ///
    /// @throws UserError if there is no such file or folder, or no golden file in a folder
    public static List<Entry> under(List<Path> paths) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                List<Path> files = below(path);
                if (files.isEmpty()) {
                    throw new UserError("There is no " + EXTENSION + " file in the folder " + path + ".");
                }
                for (Path file : files) entries.add(new Entry(file, path.relativize(file)));
            } else if (Files.exists(path)) {
                Path folder = path.toAbsolutePath().normalize().getParent();
                Path name = folder.getFileName() == null ? path.getFileName()
                        : folder.getFileName().resolve(path.getFileName());
                entries.add(new Entry(path, name));
            } else {
                throw new UserError("There is no file or folder " + path + ".");
            }
        }
        return entries;
    }

    private static List<Path> below(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).filter(f -> f.toString().endsWith(EXTENSION)).sorted().toList();
        }
    }

    /// Makes sure that what is saved below `out` overwrites neither a file that is checked nor another result.
    ///
    /// @throws UserError if it would
    public static void refuseOverwriting(List<Entry> entries, Path out) throws IOException {
        Map<Path, Path> sources = new HashMap<>();
        for (Entry entry : entries) {
            Path target = out.resolve(entry.name);
            Path other = sources.putIfAbsent(target.normalize(), entry.file);
            if (other != null && !other.equals(entry.file)) {
                throw new UserError("Results of " + other + " and " + entry.file + " would both be written to " + target
                        + "; check them one after the other, into different folders.");
            }
            if (Files.exists(target) && Files.isSameFile(target, entry.file)) {
                throw new UserError("--out " + out + " would overwrite the golden file " + entry.file + ".");
            }
        }
    }
}
