package invar.benchmarks.gpu;

import invar.core.Device;
import invar.core.spi.DeviceOptions;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipes;
import invar.ssl.data.ChannelStatistics;
import invar.ssl.data.Dataset;
import invar.ssl.data.Datasets;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.Feed;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The losses of the first steps of a run, one a line: what `dev/gpu.sh --cifar` compares between devices, because a
/// run itself records only the means of epochs.
///
/// Arguments: device, number of steps, then settings as `ssl train --set` takes them, such as `data=FILE`.
public final class FirstSteps {

    private FirstSteps() {}

    /// Prints `step N loss L` for each.
    public static void main(String[] args) {
        if (args.length < 3 || !args[1].matches("[1-9]\\d{0,5}")) {
            System.err.println("first steps: DEVICE STEPS KEY=VALUE … are needed, e.g. cuda 50 data=FILE");
            System.exit(2);
        }
        Map<String, String> settings = new LinkedHashMap<>();
        for (int i = 2; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            if (equals < 1) {
                System.err.println("first steps: a setting is KEY=VALUE, not " + args[i]);
                System.exit(2);
            }
            settings.put(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        try {
            print(args[0], Long.parseLong(args[1]), settings, System.out);
        } catch (UserError | IllegalArgumentException e) {
            System.err.println("first steps: " + e.getMessage());
            System.exit(1);
        }
    }

    static void print(String name, long steps, Map<String, String> settings, PrintStream out) {
        TrainConfig config = ConfigFile.resolve(null, Optional.empty(), settings);
        Dataset data = Datasets.open(config.data(), Datasets.Options.DEFAULT.withSide(config.imageSize())).train();
        Normalize normalize = ChannelStatistics.of(data);
        try (Device device = Device.open(name);
                Trainer trainer = new Trainer(config, Feed.of(config, data,
                        Recipes.named(config.augment(), config.imageSize()).then(normalize),
                        DeviceOptions.DEFAULT.threads()), device)) {
            trainer.run(() -> trainer.stepsDone() >= steps, new Trainer.Listener() {
                @Override
                public void stepped(long step, double loss) {
                    out.printf(Locale.ROOT, "step %d loss %.6f%n", step, loss);
                }

                @Override
                public void epochDone(EpochMetrics metrics) {}
            });
        }
    }
}
