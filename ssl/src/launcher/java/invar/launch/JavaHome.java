package invar.launch;

import java.io.BufferedReader;
import java.io.File;
import java.io.FileReader;
import java.io.IOException;

/// An installed Java, known from its `release` file, without starting it.
final class JavaHome {

    static final int NEEDED = 25;                             // what the rest of the program is compiled for
    static final String VECTOR = "jdk.incubator.vector";

    final File folder;
    final String version;
    final boolean hasVector;

    private JavaHome(File folder, String version, boolean hasVector) {
        this.folder = folder;
        this.version = version;
        this.hasVector = hasVector;
    }

    /// What is installed in `folder`, or null if there is no Java that can be started.
    static JavaHome at(File folder) {
        if (!executable(folder).canExecute()) return null;
        String version = null, modules = null;
        try (BufferedReader lines = new BufferedReader(new FileReader(new File(folder, "release")))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("JAVA_VERSION=")) version = unquoted(line);
                if (line.startsWith("MODULES=")) modules = unquoted(line);
            }
        } catch (IOException e) {
            return null;                                      // not an install of Java, or not for this user
        }
        if (version == null) return null;
        boolean hasVector = modules != null
                ? (" " + modules + " ").contains(" " + VECTOR + " ")
                : new File(folder, "jmods/" + VECTOR + ".jmod").isFile();
        return new JavaHome(folder, version, hasVector);
    }

    private static String unquoted(String line) {
        return line.substring(line.indexOf('=') + 1).replace("\"", "").trim();
    }

    private static File executable(File folder) {
        return new File(folder, File.separatorChar == '\\' ? "bin\\java.exe" : "bin/java");
    }

    /// The program to start.
    String executable() {
        return executable(folder).getPath();
    }

    /// 8 of "1.8.0_402", 25 of "25.0.3" and of "25-ea".
    int feature() {
        return feature(version);
    }

    static int feature(String version) {
        String rest = version.startsWith("1.") ? version.substring(2) : version;
        int feature = 0;
        for (int i = 0; i < rest.length() && Character.isDigit(rest.charAt(i)) && feature < 1_000_000; i++) {
            feature = 10 * feature + Character.digit(rest.charAt(i), 10);
        }
        return feature;
    }

    /// Whether the program can run on it.
    boolean suits() {
        return feature() >= NEEDED && hasVector;
    }
}
