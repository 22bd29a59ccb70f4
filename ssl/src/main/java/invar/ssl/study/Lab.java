package invar.ssl.study;

import invar.core.Device;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipes;
import invar.ssl.data.ChannelStatistics;
import invar.ssl.data.Shapes;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.probe.Health;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.Feed;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Where studies are run: small images of generated shapes of ten kinds, a narrow network, and the same measures of
/// every run.
public final class Lab {

    /// Names of the measures: the mean loss of the last epoch; the same as a share of the chance level, where that is
    /// not 0; and the share of held-out images whose kind 20 neighbours of the representation know, 0.1 by guessing, of
    /// which runs as short as these learn little. Those of [Health] are of the last batch.
    public static final String LOSS = "loss", OF_CHANCE = "of chance", ACCURACY = "kNN-20";

    /// What is trained and what is asked, of 16 × 16 pixels.
    private static final int IMAGES = 512, HELD_OUT = 1000, SIDE = 16;

    /// k and τ of the vote: Caron et al. 2021, arXiv:2104.14294, App. F.
    private static final int NEIGHBOURS = 20;
    private static final double TEMPERATURE = 0.07;

    private final Device device;
    private final int epochs, workers;
    private final Consumer<String> progress;

    /// @param epochs   of each run; 8 steps each
    /// @param workers  threads that prepare images
    /// @param progress is told in a line when a run is over
    public Lab(Device device, int epochs, int workers, Consumer<String> progress) {
        this.device = device;
        this.epochs = epochs;
        this.workers = workers;
        this.progress = progress;
    }

    Device device() {
        return device;
    }

    /// Passes of each run over the images, as asked for.
    int epochs() {
        return epochs;
    }

    int workers() {
        return workers;
    }

    /// Is told what happens, in lines.
    Consumer<String> progress() {
        return progress;
    }

    /// Runs what gives the measures of a row, and tells when it is over.
    ///
    /// @param steps that it trains
    Map<String, Double> timed(String row, long steps, Supplier<Map<String, Double>> measures) {
        long began = System.nanoTime();
        Map<String, Double> found = measures.get();
        progress.accept(String.format(Locale.ROOT, "%s: %d steps in %.0f s, loss %.3f", row, steps,
                (System.nanoTime() - began) * 1e-9, found.get(LOSS)));
        return found;
    }

    /// A run over shapes with batches of 64, through a residual network 8 channels wide with batch norm, by stochastic
    /// gradient descent.
    ///
    /// @param augment name of the recipe
    TrainConfig config(String method, Map<String, Object> settings, String augment, double lr) {
        return new TrainConfig(method, settings, "shapes", SIDE, augment,
                new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("sgd", lr, 0.9, 1e-4, false, Math.min(2, epochs)), 64, epochs, 17);
    }

    /// The same with batches of 16 and a third of the epochs: 256 steps where the others make 200.
    TrainConfig small(String method, Map<String, Object> settings, String augment, double lr) {
        TrainConfig c = config(method, settings, augment, lr);
        int fewer = Math.max(1, epochs / 3);
        return new TrainConfig(method, settings, c.data(), SIDE, augment, c.encoder(),
                new TrainConfig.Optimization("sgd", lr, 0.9, 1e-4, false, Math.min(2, fewer)), 16, fewer, c.seed());
    }

    /// Trains a method of the list.
    ///
    /// @return the measures by name: loss, share of chance, health, accuracy
    Map<String, Double> train(String row, TrainConfig config) {
        return train(row, config, null);
    }

    /// Trains a method that is not on the list.
    ///
    /// @param maker makes it; null: the one that the settings name
    Map<String, Double> train(String row, TrainConfig config, Function<Setup, SslMethod> maker) {
        long began = System.nanoTime();
        Split split = new Split(Shapes.train(0, IMAGES, SIDE), Shapes.test(0, HELD_OUT, SIDE), "generated apart");
        Normalize normalize = ChannelStatistics.of(split.train());
        Feed feed = Feed.of(config, split.train(), Recipes.named(config.augment(), SIDE).then(normalize), workers);
        try (Trainer trainer = maker == null ? new Trainer(config, feed, device)
                : new Trainer(config, feed, device, maker)) {
            Last last = new Last(progress);
            trainer.run(() -> false, last);
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put(LOSS, last.epoch.loss());
            if (trainer.chanceLevel() != 0) measures.put(OF_CHANCE, last.epoch.loss() / trainer.chanceLevel());
            for (String name : List.of(Health.SPREAD, Health.RANK, Health.ALIGNMENT, Health.UNIFORMITY)) {
                if (last.epoch.health().containsKey(name)) measures.put(name, last.epoch.health(name));
            }
            measures.putAll(new Evaluation(split, SIDE, normalize, NEIGHBOURS, TEMPERATURE, IMAGES, device)
                    .of(trainer.encoder()));
            progress.accept(String.format(Locale.ROOT, "%s: %d steps in %.0f s, loss %.3f", row, trainer.stepsDone(),
                    (System.nanoTime() - began) * 1e-9, last.epoch.loss()));
            return measures;
        }
    }

    /// Keeps the metrics of the last epoch, and passes on what was noticed.
    private static final class Last implements Trainer.Listener {

        private final Consumer<String> progress;
        private EpochMetrics epoch;

        private Last(Consumer<String> progress) {
            this.progress = progress;
        }

        @Override
        public void stepped(long step, double loss) {}

        @Override
        public void epochDone(EpochMetrics metrics) {
            epoch = metrics;
        }

        @Override
        public void noticed(String sentence) {
            progress.accept(sentence);
        }
    }
}
