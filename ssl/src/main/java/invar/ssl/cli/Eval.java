package invar.ssl.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `ssl eval`: the measures of a trained encoder.
@Command(name = "eval", mixinStandardHelpOptions = true, subcommands = {EvalKnn.class, EvalLinear.class},
        synopsisSubcommandLabel = "PROBE",
        description = "Measures a trained encoder.")
final class Eval implements Runnable {

    @Spec
    private CommandSpec spec;

    /// Without a probe: which there are.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
