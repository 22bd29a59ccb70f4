package invar.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/// How JCuda is made to load its native libraries from a folder that nobody else can write to.
///
/// It unpacks them into the folder for temporary files, and takes a file that lies there already, whoever put it there.
/// So it gets a folder of its own, for a moment, in which there may be a file that it is meant to take.
final class Natives {

    private static final String TEMPORARY = "java.io.tmpdir";

    private Natives() {}

    /// Runs `first`, the first use of one of JCuda's classes.
    ///
    /// @param ready files that JCuda would look for or unpack, by name, and what is to be in them
    /// @throws UncheckedIOException if the folder cannot be made or written to, with why in a sentence
    static synchronized void load(Map<String, byte[]> ready, Runnable first) {
        String shared = System.getProperty(TEMPORARY);
        try {
            Path own = Files.createTempDirectory("invar-jcuda");                // for its owner only
            System.setProperty(TEMPORARY, own.toString());
            try {
                for (Map.Entry<String, byte[]> file : ready.entrySet()) {
                    Files.write(own.resolve(file.getKey()), file.getValue());
                }
                first.run();
            } finally {
                System.setProperty(TEMPORARY, shared);
                delete(own);                                                // what is loaded stays, without its file
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the folder for temporary files, " + shared + ", "
                    + (Files.isDirectory(Path.of(shared)) ? "cannot be used: " + e : "does not exist"), e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }
}
