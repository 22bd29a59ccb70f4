package invar.ssl;

/// A mistake that the person at the keyboard can put right: the message is the whole report, no stack trace is needed.
///
/// The message is one sentence that names the thing (file, option, value) and the rule it breaks. `exitCode` is what
/// the process should end with: 2 for wrong usage or input, found before work began; 1 for a failure while running.
public final class UserError extends RuntimeException {

    private static final long serialVersionUID = 1;

    /// Wrong usage or wrong input.
    public static final int USAGE = 2;
    /// Failed while running.
    public static final int FAILED = 1;

    private final int exitCode;

    /// Wrong usage or input: exit code 2.
    public UserError(String message) {
        this(USAGE, message, null);
    }

    /// Wrong usage or input, found through `cause`: exit code 2.
    public UserError(String message, Throwable cause) {
        this(USAGE, message, cause);
    }

    /// @param exitCode 1 or 2
    /// @param cause what was caught, or null
    /// @throws IllegalArgumentException if the exit code is neither 1 nor 2
    public UserError(int exitCode, String message, Throwable cause) {
        super(message, cause);
        if (exitCode != FAILED && exitCode != USAGE)
            throw new IllegalArgumentException("exit code must be 1 or 2 but is " + exitCode);
        this.exitCode = exitCode;
    }

    /// What the process should end with.
    public int exitCode() {
        return exitCode;
    }
}
