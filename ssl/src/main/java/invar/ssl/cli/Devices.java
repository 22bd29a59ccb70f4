package invar.ssl.cli;

import invar.core.Device;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `ssl devices`: what this machine can compute on, and why something cannot be used. Every device is opened for that:
/// a GPU may be too old, or full, and its driver may refuse the kernels.
@Command(name = "devices", mixinStandardHelpOptions = true,
        description = "Lists the devices that --device takes, best first, and why one cannot be used here.")
final class Devices implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        PrintWriter out = spec.commandLine().getOut();
        boolean automatic = true;
        for (BackendProvider provider : Device.providers()) {
            Optional<String> missing = provider.unavailable(), why = missing.or(() -> refusal(provider));
            boolean chosen = automatic && why.isEmpty() && provider.priority() >= 0;
            automatic &= !chosen;
            out.printf("%-12s %s%n", provider.name() + (chosen ? " (auto)" : ""),
                    why.map(reason -> "not available: " + reason).orElseGet(provider::describe));
            if (missing.isEmpty() && why.isPresent()) out.printf("%-12s %s%n", "", provider.describe());
            if (why.isEmpty()) provider.libraries().forEach(library -> out.printf("%-12s %s%n", "", library));
        }
    }

    /// Why it cannot be opened, though it seemed to be there.
    private static Optional<String> refusal(BackendProvider provider) {
        try {
            provider.open(DeviceOptions.DEFAULT).close();
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(e.getMessage());
        }
    }
}
