package invar.ssl.method.planted;

import java.nio.file.Path;

/// Breaks the rule that a method of learning reads and writes no files.
record MethodWithAFile(Path log) {}
