package invar.ssl.cli;

import invar.ssl.method.Methods;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Presets;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl methods`: what `--method` takes.
@Command(name = "methods", mixinStandardHelpOptions = true, subcommands = MethodsCommand.Show.class,
        synopsisSubcommandLabel = "[COMMAND]",
        description = "Lists the methods: name, paper, what each needs, and the loss of an encoder that tells nothing "
                + "apart.",
        footer = {"", "Example:", "  ssl methods show simclr --preset paper"})
final class MethodsCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-16s %-40s %-44s %s%n", "method", "paper", "needs", "chance level");
        for (Methods.Entry<?> entry : Methods.all()) {
            out.printf("%-16s %-40s %-44s %s%n", entry.name(), entry.source(), entry.needs(), entry.chance());
        }
    }

    /// `ssl methods show NAME`: all settings of a preset, and where its values are from.
    @Command(name = "show", mixinStandardHelpOptions = true,
            description = "Shows the settings of a run with this method, as its config.yaml would have them, and the "
                    + "method's presets with the source of each value.")
    static final class Show implements Runnable {

        @Spec
        private CommandSpec spec;

        @Parameters(paramLabel = "NAME", description = "The method.")
        private String name;

        @Option(names = "--preset", paramLabel = "NAME",
                description = "paper or cifar (default: the settings of small images).")
        private String preset;

        @Option(names = "--data", paramLabel = "NAME|PATH", description = "What the run would be on.")
        private String data = "shapes";

        @Override
        public void run() {
            PrintWriter out = spec.commandLine().getOut();
            Methods.Entry<?> entry = Methods.named(name);
            out.printf("# %s (%d), %s%n# needs %s; chance level %s%n%n", entry.title(), entry.year(), entry.source(),
                    entry.needs(), entry.chance());
            out.println(ConfigFile.text(ConfigFile.resolve(null, Optional.ofNullable(preset), Map.of("method", name,
                    "data", data))).strip());
            out.printf("%n# The presets and their sources.%n%n%s%n", Presets.text(name).strip());
        }
    }
}
