package invar.benchmarks;

import invar.core.Device;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/// JMH's command line. A device that is not there is refused before JMH starts its forks, in one sentence.
public final class Main {

    private Main() {}

    /// Runs the benchmarks; arguments are JMH's, e.g. `NtXent -p rows=256 -p form=fused -prof gc`.
    public static void main(String[] args) throws Exception {
        try {
            Collection<String> devices = new CommandLineOptions(args).getParameter("device").orElse(List.of());
            for (String device : devices) Device.open(device).close();
        } catch (CommandLineOptionException | IllegalArgumentException e) {
            System.err.println("benchmarks: " + e.getMessage());
            System.exit(2);
        }
        org.openjdk.jmh.Main.main(args);
    }
}
