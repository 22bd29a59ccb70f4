package invar.ssl.study;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipes;
import invar.ssl.method.Methods;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.Feed;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// CPC with batch norm in its encoder: Hénaff et al. 2020, [arXiv:1905.09272](https://arxiv.org/abs/1905.09272), where
/// layer norm replaces it, because the statistics of a batch tell patches of each other.
///
/// On [Coins], whose patches are independent, no encoder of single patches gets below chance, nor does one with the
/// statistics of the whole batch: they are the same for all patches, and do not depend on which belong together. With
/// the statistics of halves of a batch, as where it is spread over devices, patch i of the batch is in half i mod 2. In
/// a grid of 3 × 3 the patches two apart, which are what is predicted, are i ± 2 and i ± 6: always in the same half.
final class CpcWithBatchNorm implements Study {

    /// Mean losses: of the last steps of training; of new images with the statistics of their batch; and of the same
    /// with running statistics, where the encoder sees one patch alone. And chance, ln of the patches of a batch.
    static final String NEW = "new images", RUNNING = "running statistics", CHANCE = "chance";

    private static final int GRID = 3, PATCH = 4, SIDE = GRID * PATCH, BATCH = 2;
    private static final int STEPS_OF_AN_EPOCH = 24, LAST = 50, NEW_BATCHES = 100;
    private static final Normalize NORMALIZE = new Normalize(List.of(0.5, 0.5, 0.5), List.of(0.25, 0.25, 0.25));

    /// An encoder with the statistics that it kept.
    private record Kept(Layer encoder) implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            return encoder.apply(x, Mode.EVAL);
        }
    }

    @Override
    public String name() {
        return "cpc-batch-norm";
    }

    @Override
    public String question() {
        return "Why must the encoder of CPC have no batch norm?";
    }

    @Override
    public String expectation() {
        return """
                The patches of these images are dark or light by the toss of a coin: none tells anything of another, and
                no encoder that sees one patch gets below chance. Nor does one with batch norm over the whole batch,
                whose statistics are the same for all patches. But over halves of the batch, as where it is spread over
                devices, every patch carries the statistics of its half, and what it has to find is in the same half:
                the loss falls below chance, by up to ln 2, and nothing was learnt: with running statistics in their
                place, the same network is no better than chance.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (String norm : new String[] {"layer", "batch", "split2"}) {
            String row = switch (norm) {
                case "layer" -> "layer norm, as published";
                case "batch" -> "batch norm";
                default -> "batch norm over halves";
            };
            int steps = STEPS_OF_AN_EPOCH * lab.epochs();
            rows.put(row, lab.timed(row, steps,
                    () -> measures(lab.device(), norm, steps, lab.workers(), lab.progress())));
        }
        return rows;
    }

    /// Trains with this norm on images of which none comes twice.
    ///
    /// @param notice is told what concerns no result
    static Map<String, Double> measures(Device device, String norm, int steps, int workers,
            Consumer<String> notice) {
        Map<String, Object> settings = Map.of("grid", GRID, "context", 16, "blocks", 1, "target", 32, "embScale", 1,
                "stepsToIgnore", 1, "stepsToPredict", 2);
        TrainConfig config = new TrainConfig("cpc", settings, "coins", SIDE, "none",
                new TrainConfig.EncoderConfig("resnet10", 8, "small", norm, false),
                new TrainConfig.Optimization("adam", 3e-3, 0.9, 0, false, 0), BATCH, 1, 17);
        Feed feed = Feed.of(config, new Coins(BATCH * steps, GRID, PATCH),
                Recipes.named(config.augment(), SIDE).then(NORMALIZE), workers);
        try (Trainer trainer = new Trainer(config, feed, device)) {
            Mean last = new Mean(steps - LAST, notice);
            trainer.run(() -> false, last);
            Map<String, Double> measures = new LinkedHashMap<>();
            measures.put(Lab.LOSS, last.sum / Math.min(steps, LAST));
            measures.put(NEW, ofNewImages(config, trainer.method(), device, BATCH * steps, false));
            measures.put(RUNNING, ofNewImages(config, trainer.method(), device, BATCH * steps, true));
            measures.put(CHANCE, trainer.chanceLevel());
            return measures;
        }
    }

    /// The mean loss of a copy of the method, over images from number `from` on.
    private static double ofNewImages(TrainConfig config, SslMethod trained, Device device, int from, boolean running) {
        Encoders.Encoder encoder = Encoders.make(config.encoder(), device, 0);
        Layer network = running ? new Kept(encoder.network()) : encoder.network();
        SslMethod method = Methods.named("cpc").make(ConfigFile.settings(config), new Setup(network,
                encoder.features(), from, 0, SIDE, BATCH, 1, 1, new Init(device, 0)));
        method.state().forEach((name, tensor) -> tensor.upload(
                trained.state().get(name.replace("encoder.encoder.", "encoder.")).doubles()));
        Coins images = new Coins(from + BATCH * NEW_BATCHES, GRID, PATCH);
        byte[] bytes = new byte[images.shape().size()];
        double sum = 0;
        for (int k = 0; k < NEW_BATCHES; k++) {
            double[] x = new double[BATCH * bytes.length];
            for (int i = 0; i < x.length; i++) {
                if (i % bytes.length == 0) images.read(from + BATCH * k + i / bytes.length, bytes);
                x[i] = (Byte.toUnsignedInt(bytes[i % bytes.length]) / 255.0 - 0.5) / 0.25;       // as NORMALIZE
            }
            try (Scope _ = device.scope()) {
                sum += method.loss(Views.of(device.tensor(Shape.of(BATCH, 3, SIDE, SIDE), x)), new Step(device, 0))
                        .item();
            }
        }
        return sum / NEW_BATCHES;
    }

    /// Adds up the losses of the steps after `after`.
    private static final class Mean implements Trainer.Listener {

        private final long after;
        private final Consumer<String> notice;
        private double sum;

        private Mean(long after, Consumer<String> notice) {
            this.after = after;
            this.notice = notice;
        }

        @Override
        public void stepped(long step, double loss) {
            if (step > after) sum += loss;
        }

        @Override
        public void epochDone(EpochMetrics metrics) {}

        @Override
        public void noticed(String sentence) {
            notice.accept(sentence);
        }
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        Map<String, Double> halves = Study.row(rows, 2);
        double chance = halves.get(CHANCE);
        return Study.row(rows, 0).get(NEW) > chance - 0.05 && Study.row(rows, 1).get(NEW) > chance - 0.05
                && halves.get(NEW) < chance - 0.1 && halves.get(RUNNING) > chance - 0.05;
    }
}
