package invar.ssl.cli;

import invar.core.spi.DeviceMemoryError;
import invar.nn.io.SafetensorsException;
import invar.ssl.UserError;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// How a failure is told: one sentence on standard error, `ssl: …`, and an [ExitCode]. The stack trace is for
/// `--stacktrace` only.
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {

    private final Ssl ssl;

    Failures(Ssl ssl) {
        this.ssl = ssl;
    }

    /// Wrong usage: what is wrong, what may have been meant, and where to read on.
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        String commands = String.join(", ", command.getSubcommands().keySet());
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.isUnknownOption() && !commands.isEmpty()) {
            String name = unmatched.getUnmatched().getFirst();
            err.println("ssl: there is no command " + name + "; there are " + commands + ".");
        } else {
            err.println("ssl: " + sentence(e.getMessage()));
        }
        UnmatchedArgumentException.printSuggestions(e, err);
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        if (ssl.stacktrace()) e.printStackTrace(err);
        return ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return tell(e, command.getErr());
    }

    /// Prints the sentence for `failure`, and returns the exit code.
    int tell(Throwable failure, PrintWriter err) {
        Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : failure;
        int code = switch (cause) {
            case UserError e -> e.exitCode();
            case InterruptedException _, ClosedByInterruptException _, CancellationException _ -> ExitCode.INTERRUPTED;
            case IllegalArgumentException _, SafetensorsException _, FileNotFoundException _, NoSuchFileException _,
                    NotDirectoryException _, AccessDeniedException _, FileAlreadyExistsException _,
                    DeviceMemoryError _ -> ExitCode.USAGE;
            default -> ExitCode.FAILED;
        };
        err.println("ssl: " + describe(cause));
        if (ssl.stacktrace()) failure.printStackTrace(err);
        err.flush();
        return code;
    }

    private static String describe(Throwable failure) {
        return switch (failure) {
            case InterruptedException _, ClosedByInterruptException _, CancellationException _ -> "interrupted.";
            case DeviceMemoryError e -> "out of memory: " + sentence(e.getMessage());
            case OutOfMemoryError e -> ("out of memory (%s): this JVM may use %.1f GiB; make the batch, the images, "
                    + "the network or what the method keeps, such as a queue, smaller, or give it more, e.g. "
                    + "SSL_JAVA_OPTS=-Xmx8g.")
                    .formatted(e.getMessage(), Runtime.getRuntime().maxMemory() / 0x1p30);
            case NoSuchFileException e -> "there is no file or folder " + e.getFile() + ".";
            case NotDirectoryException e -> e.getFile() + " is not a folder.";
            case AccessDeniedException e -> "access to " + e.getFile() + " is denied.";
            case FileAlreadyExistsException e -> e.getFile() + " exists already.";
            case FileSystemException e -> sentence(e.getMessage());       // names the file and the reason
            case UserError e -> sentence(e.getMessage());
            case IOException e when e.getMessage() != null -> sentence(e.getMessage());
            case IllegalArgumentException e when e.getMessage() != null -> sentence(e.getMessage());
            default -> sentence("unexpected " + failure.getClass().getSimpleName()
                    + (failure.getMessage() == null ? "" : ": " + failure.getMessage()))
                    + " This is a mistake in the program; --stacktrace shows where.";
        };
    }

    private static String sentence(String message) {
        String text = message.strip();
        return text.endsWith(".") || text.endsWith("?") || text.endsWith("!") ? text : text + ".";
    }
}
