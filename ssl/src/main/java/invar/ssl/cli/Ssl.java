package invar.ssl.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The root command, `ssl`: what all commands have in common. Each command is a class of its own.
@Command(name = "ssl", mixinStandardHelpOptions = true, versionProvider = Version.class, sortOptions = false,
        usageHelpWidth = 100, subcommands = {Train.class, FineTuneCommand.class, DistillCommand.class,
            MethodsCommand.class, Eval.class, StudyCommand.class, Check.class, Devices.class},
        synopsisSubcommandLabel = "COMMAND",
        description = "Learns representations of images without labels, and measures what they are worth.")
public final class Ssl implements Runnable {

    @Spec
    private CommandSpec spec;

    @Option(names = "--stacktrace", scope = ScopeType.INHERIT,
            description = "After an error, show where in the program it happened.")
    private boolean stacktrace;

    Ssl() {}

    /// Runs one command and ends the JVM with its exit code.
    public static void main(String[] args) {
        System.exit(run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args));
    }

    /// Runs one command.
    ///
    /// @return 0: done; 1: failed while running; 2: wrong usage or input; 130: interrupted
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Ssl ssl = new Ssl();
        return ssl.execute(new CommandLine(ssl), out, err, args);
    }

    /// Gives `line` and its commands one way to fail, and runs what `args` say.
    int execute(CommandLine line, PrintWriter out, PrintWriter err, String... args) {
        Failures failures = new Failures(this);
        try {
            return line.setOut(out).setErr(err)
                    .setParameterExceptionHandler(failures)
                    .setExecutionExceptionHandler(failures)
                    .setCaseInsensitiveEnumValuesAllowed(true)
                    .execute(args);
        } catch (Error e) {                                   // picocli hands on exceptions only; out of memory is none
            return failures.tell(e, err);
        } finally {
            out.flush();
            err.flush();
        }
    }

    boolean stacktrace() {
        return stacktrace;
    }

    /// Without a command: what there is.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
