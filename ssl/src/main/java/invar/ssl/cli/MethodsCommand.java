package invar.ssl.cli;

import invar.ssl.method.Methods;
import invar.ssl.train.Presets;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
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
        List<List<String>> rows = new ArrayList<>(List.of(List.of("method", "year", "paper", "needs", "chance level")));
        for (Methods.Entry<?> entry : Methods.all()) {
            rows.add(List.of(entry.name(), "" + entry.year(), entry.source(), entry.needs().toString(),
                    entry.chance()));
        }
        int[] widths = IntStream.range(0, rows.getFirst().size())
                .map(c -> rows.stream().mapToInt(row -> row.get(c).length()).max().orElseThrow()).toArray();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < widths.length; c++) {
                line.append(row.get(c)).repeat(' ', widths[c] - row.get(c).length() + 2);
            }
            out.println(line.toString().strip());
        }
    }

    /// `ssl methods show NAME`: all settings of a preset, and where its values are from.
    @Command(name = "show", mixinStandardHelpOptions = true,
            description = "Shows the settings of a run with this method, as its config.yaml would have them, and the "
                    + "method's presets; behind each value stands its source.")
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
            String settings = Presets.withSources(data, name, Optional.ofNullable(preset));
            out.printf("# %s (%d), %s%n# needs %s; chance level %s%n%n", entry.title(), entry.year(), entry.source(),
                    entry.needs(), entry.chance());
            out.println(settings.strip());
            out.printf("%n# All presets of the method.%n%n%s%n", Presets.text(name).strip());
        }
    }
}
