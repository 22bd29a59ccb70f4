package invar.ssl.cli;

import invar.core.Device;
import invar.core.spi.BackendProvider;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `ssl devices`: what this machine can compute on, and why something cannot be used.
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
            Optional<String> why = provider.unavailable();
            boolean chosen = automatic && why.isEmpty() && provider.priority() >= 0;
            automatic &= !chosen;
            out.printf("%-12s %s%n", provider.name() + (chosen ? " (auto)" : ""),
                    why.map(reason -> "not available: " + reason).orElseGet(provider::describe));
            if (why.isEmpty()) provider.libraries().forEach(library -> out.printf("%-12s %s%n", "", library));
        }
    }
}
