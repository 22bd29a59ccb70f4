package invar.ssl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/// What `--version` prints: this program, the Java it runs on, and how wide its vectors are.
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        return new String[] {
            "ssl " + number() + (commit().isEmpty() ? "" : " (" + commit() + ")"),
            "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name"),
            "Vector API: " + vectorWidth(),
        };
    }

    /// The number of the release, e.g. "0.1.0".
    static String number() {
        return built().getProperty("version");
    }

    /// The commit it was built from, abbreviated; empty if it was not built from a repository.
    static String commit() {
        String commit = built().getProperty("commit");
        return commit.startsWith("${") ? "" : commit;         // no git: the build put nothing in its place
    }

    private static Properties built() {
        Properties built = new Properties();
        try (InputStream file = Version.class.getResourceAsStream("version.properties")) {
            built.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return built;
    }

    /// By reflection: the module may be missing, and then this is the place that says so.
    private static String vectorWidth() {
        try {
            Class<?> type = Class.forName("jdk.incubator.vector.VectorShape");
            Object shape = type.getMethod("preferredShape").invoke(null);
            return type.getMethod("vectorBitSize").invoke(shape) + " bits";
        } catch (ReflectiveOperationException e) {
            return "not available (add --add-modules jdk.incubator.vector)";
        }
    }
}
