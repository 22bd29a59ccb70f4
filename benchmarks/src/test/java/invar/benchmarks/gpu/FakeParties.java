package invar.benchmarks.gpu;

import invar.core.spi.Precision;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Processes that run `fake-peer.sh`.
final class FakeParties {

    /// A case that has all kinds of bars.
    static final GpuCase CASE = new GpuCase("losses", "a loss", "ntxent/9/17", Precision.TF32, new Work(2e9, 1e6, 1e9),
            0, true, List.of("fused", "composed"), List.of("eager", "compile"), List.of(new Bar(Bar.Kind.EAGER, 2),
            new Bar(Bar.Kind.COMPILE, 4), new Bar(Bar.Kind.ROOFLINE, 0.9), new Bar(Bar.Kind.BANDWIDTH, 0.5),
            new Bar(Bar.Kind.MEMORY, 1e9)));
    static final GpuCase OTHER = new GpuCase("passes", "a pass", "ema/99", Precision.FP32, new Work(0, 0, 1e9), 0, true,
            List.of("fused"), List.of("eager"), List.of());

    private FakeParties() {}

    /// @param what see the script, e.g. `errs compile 3`
    static Party party(String what, Path folder, Duration patience) throws IOException, Party.Absent {
        return new Party(command(what), folder.resolve("log"), patience);
    }

    private static List<String> command(String what) {
        try {
            String script = Path.of(FakeParties.class.getResource("fake-peer.sh").toURI()).toString();
            String[] words = what.split(" ");
            return List.of("bash", script, words[0], words[1].replace('_', ' '), words[2]);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
