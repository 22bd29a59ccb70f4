package invar.ssl.cli;

import invar.core.Device;
import invar.ssl.UserError;
import invar.ssl.study.Lab;
import invar.ssl.study.Studies;
import invar.ssl.study.Study;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl study`: small experiments that show why the methods are as they are.
@Command(name = "study", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Runs a small experiment that shows what happens to a method without one of its parts; without "
                + "NAME, lists them. Each takes a minute or two. Ends with 1 if it does not find what is expected.",
        footer = {"", "Example:", "  ssl study byol-predictor"})
final class StudyCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "The study.")
    private String name;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "25",
            description = "Passes of each run over its 512 images (default: ${DEFAULT-VALUE}, for which the "
                    + "expectations are written).")
    private int epochs;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (name == null) {
            out.printf("%-22s %s%n", "study", "question");
            for (Study study : Studies.all()) out.printf("%-22s %s%n", study.name(), study.question());
            return ExitCode.OK;
        }
        if (epochs < 1) throw new UserError("--epochs must be at least 1 but is " + epochs + ".");
        Study study = Studies.named(name);
        out.printf("%s%n%nWhat to expect:%n%s%n%n", study.question(), study.expectation());
        out.flush();
        long began = System.nanoTime();
        try (Device opened = device.open()) {
            Lab lab = new Lab(opened, epochs, Math.max(1, device.threads() / 2), line -> {
                out.println(line);
                out.flush();
            });
            Map<String, Map<String, Double>> rows = study.run(lab);
            out.println();
            Report.table(out::println, study.name(), rows);
            boolean confirmed = study.confirmedBy(rows);
            String verdict = confirmed ? "As expected."
                    : "Not as expected: with so few images, chance has a part in it.";
            out.printf(Locale.ROOT, "%n%s (%.0f s)%n", verdict, (System.nanoTime() - began) * 1e-9);
            return confirmed ? ExitCode.OK : ExitCode.FAILED;
        }
    }
}
