package invar.ssl.cli;

import invar.core.Device;
import invar.core.spi.Precision;
import invar.ssl.check.GoldenCheck;
import invar.ssl.check.GoldenFiles;
import invar.ssl.check.GoldenOps;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl check`: whether this build computes on this machine what the published implementations compute.
@Command(name = "check", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Verifies the mathematics of this build on this machine against golden files: for each, feeds "
                + "the inputs to the named operation and compares the results with the file's own tolerances, which "
                + "are for fp32; --precision tf32 or bf16 adds what rounding the factors of products explains. Prints "
                + "one line a case and ends with 1 if one fails, cannot be read, or names an unknown operation.",
        footer = {"", "Examples:", "  ssl check golden/", "  ssl check --device reference golden/nt_xent golden/lars",
            "  ssl check --out computed golden/"})
final class Check implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private DeviceOption device;

    @Option(names = "--out", paramLabel = "DIR", description = "Write what was computed there: under the file's path "
            + "inside the given folder, or under FOLDER/NAME for a single file.")
    private Path out;

    @Option(names = "--list", description = "List the operations that can be checked, and end.")
    private boolean list;

    @Parameters(paramLabel = "FILE|DIR", arity = "0..*",
            description = "Golden files, or folders with some at any depth.")
    private List<Path> paths = List.of();

    @Override
    public Integer call() throws IOException {
        PrintWriter console = spec.commandLine().getOut();
        if (list) {
            GoldenOps.names().forEach(console::println);
            return ExitCode.OK;
        }
        if (paths.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Name golden files or folders, or use --list.");
        }
        List<GoldenFiles.Entry> entries = GoldenFiles.under(paths);
        if (out != null) GoldenFiles.refuseOverwriting(entries, out);
        try (Device opened = device.open(Precision.FP32)) {           // where nothing else is said
            return check(entries, opened, console) ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private boolean check(List<GoldenFiles.Entry> entries, Device opened, PrintWriter console) throws IOException {
        GoldenCheck check = new GoldenCheck(opened);
        long start = System.nanoTime();
        int passed = 0;
        for (GoldenFiles.Entry entry : entries) {
            GoldenCheck.Verdict verdict = check.check(entry.file());
            console.println(verdict.line());
            if (verdict.passed()) passed++;
            if (out != null && verdict.computed().isPresent()) entry.save(verdict.computed().get(), out);
        }
        console.printf(Locale.ROOT, "%d passed, %d failed in %.1f s%n",
                passed, entries.size() - passed, (System.nanoTime() - start) / 1e9);
        Device.providers().stream().filter(provider -> provider.name().equals(opened.name()))
                .forEach(provider ->
                console.println("on " + DeviceOption.describe(opened) + ": " + provider.describe()));
        return passed == entries.size();
    }
}
