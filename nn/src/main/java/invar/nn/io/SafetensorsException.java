package invar.nn.io;

import java.io.IOException;
import java.nio.file.Path;

/// A file that breaks a rule of the safetensors format. The message is one sentence naming the file and the rule.
public final class SafetensorsException extends IOException {

    private static final long serialVersionUID = 1;

    /// Says that `file` breaks the rule described by `rule`.
    SafetensorsException(Path file, String rule) {
        super(file + ": " + rule);
    }

    /// As above; `cause` is what a parser said.
    SafetensorsException(Path file, String rule, Throwable cause) {
        super(file + ": " + rule, cause);
    }
}
