package invar.ssl.method.planted;

import java.io.InputStream;

/// Breaks the rule that a method of learning reads and writes no files.
record MethodWithAStream(InputStream data) {}
