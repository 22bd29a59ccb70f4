package invar.launch;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Makes a folder look like an installed Java.
final class FakeJava {

    static final String PROGRAM = File.separatorChar == '\\' ? "java.exe" : "java";

    /// Modules of a Java that suits.
    static final String VECTOR = "java.base jdk.incubator.vector";

    private FakeJava() {}

    /// @param modules the line MODULES of the file `release`, or null for none
    static Path install(Path home, String version, String modules) throws IOException {
        Path program = Files.createDirectories(home.resolve("bin")).resolve(PROGRAM);
        Files.writeString(program, "not a program");
        if (!program.toFile().setExecutable(true)) throw new IOException(program + " cannot be made executable");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"nobody\"\nJAVA_VERSION=\"" + version + "\"\n"
                + (modules == null ? "" : "MODULES=\"" + modules + "\"\n"));
        return home;
    }
}
