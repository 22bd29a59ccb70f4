package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Split;
import invar.ssl.part.Classifier;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.Encoders;
import invar.ssl.train.Feed;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FixMatchTest extends SemiSupervisedContract {

    private static final int LABELLED = 4;

    /// With a threshold that a network at its start passes now and then.
    FixMatchTest() {
        super("fixmatch", Map.of("confidence", 0.2, "weight", 1.5, "ema", 0.75));
    }

    @Override
    protected String augment() {
        return "fixmatch";
    }

    /// Unsure of everything, as it begins.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("confidence", 0.95);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            3.430342991441, 3.069910548772, 3.983742292184, 3.260766600364, 3.900602082405, 3.045213802933,
            3.640152495300, 3.947398742141, 3.918871120940, 3.942907222819};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeartOfFew(Map.of("ema", 0.9));
    }

    /// Logits of a network of the method's parameters, all images in one pass.
    private static double[] logits(Classifier network, Views views) {
        Tensor all = views.labelled().orElseThrow().images().concat(0, views.first(), views.second());
        return network.apply(all, Mode.TRAIN).doubles();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.15, 0.2, 0.3, 0.95})
    void agreesWithAlgorithm1(double tau) {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("confidence", tau, "weight", 1.5));
            Views views = views(device, 1);
            double[] z = logits(copy(device, method, TRAINED), views);
            int[] labels = views.labelled().orElseThrow().labels().integers();
            double supervised = 0, unsupervised = 0;
            int confident = 0;
            for (int i = 0; i < LABELLED; i++) supervised += crossEntropy(z, i, labels[i]) / LABELLED;
            for (int i = 0; i < IMAGES; i++) {
                double[] q = softmax(z, LABELLED + i);
                int likeliest = 0;
                for (int c = 1; c < CLASSES; c++) if (q[c] > q[likeliest]) likeliest = c;
                if (q[likeliest] < tau) continue;
                confident++;
                unsupervised += crossEntropy(z, LABELLED + IMAGES + i, likeliest) / IMAGES;
            }
            assertThat(first(method, views, new Step(device, 5)))
                    .isCloseTo(supervised + 1.5 * unsupervised, within(1e-12));
            assertThat(method.health().get("confident")).isCloseTo(confident / (double) IMAGES, within(1e-15));
            if (tau == 0) assertThat(confident).isEqualTo(IMAGES);
            if (tau == 0.95) assertThat(confident).isZero();
        }
    }

    private static double crossEntropy(double[] z, int row, int label) {
        return -Math.log(softmax(z, row)[label]);
    }

    /// As if the labels of the unlabelled images had come from a file: no gradient through the weak view's logits.
    @Test
    void hasTheGradientOfFixedLabels() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("confidence", 0.0));
            Views views = views(device, 1);
            Classifier same = copy(device, method, TRAINED);
            double[] z = logits(copy(device, method, TRAINED), views);
            int[] pseudo = new int[IMAGES];
            for (int i = 0; i < IMAGES; i++) {
                double[] q = softmax(z, LABELLED + i);
                for (int c = 1; c < CLASSES; c++) if (q[c] > q[pseudo[i]]) pseudo[i] = c;
            }
            Map<String, Tensor> theirs = Modules.parameters(same);
            Map<String, double[]> expected = new LinkedHashMap<>();
            Views.Labelled x = views.labelled().orElseThrow();
            try (Tape tape = Tape.watching(theirs.values())) {
                Tensor all = same.apply(x.images().concat(0, views.first(), views.second()), Mode.TRAIN);
                int strong = LABELLED + IMAGES;
                Gradients gradients = tape.gradients(Losses.crossEntropy(all.rows(0, LABELLED), x.labels())
                        .add(Losses.crossEntropy(all.rows(strong, strong + IMAGES),
                                device.integers(Shape.of(IMAGES), pseudo))));
                theirs.forEach((name, p) -> expected.put(name, gradients.of(p).doubles()));
            }
            try (Tape tape = Tape.watching(method.parameters().values())) {
                Gradients gradients = tape.gradients(method.loss(views, new Step(device, 5)));
                method.parameters().forEach((name, p) -> assertThat(gradients.of(p).doubles()).as(name)
                        .containsExactly(expected.get(name.substring(TRAINED.length())), within(1e-10)));
            }
        }
    }

    /// One pass over all images moves the statistics once.
    @Test
    void movesRunningStatisticsOnceByAllImages() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of());
            Views views = views(device, 1);
            Classifier once = copy(device, method, TRAINED);
            logits(once, views);
            first(method, views, new Step(device, 5));
            Modules.buffers(once).forEach((name, expected) -> assertThat(method.state().get(TRAINED + name)
                    .doubles()).as(name).containsExactly(expected.doubles(), within(1e-12)));
        }
    }

    /// In two groups of a split batch norm, each has its share of every kind of image: other than with the labelled
    /// images first, the weak ones next and the strong ones last.
    @Test
    void mixesTheKindsOfImagesForSplitBatchNorm() {
        try (Device device = Device.open("reference")) {
            TrainConfig.EncoderConfig split = new TrainConfig.EncoderConfig("resnet10", 2, "small", "split2", false);
            Encoders.Encoder encoder = Encoders.make(split, device, 4);
            Setup setup = new Setup(encoder.network(), encoder.features(), 12, CLASSES, side(),
                    IMAGES, 2, 12, new Init(device, 4));
            FixMatch method = new FixMatch(new FixMatch.Config(0, 1, 0.9), setup);
            Views views = views(device, 1);
            Tensor[] kinds = {views.labelled().orElseThrow().images(), views.first(), views.second()};
            Tensor first = kinds[0].rows(0, 2).concat(0, kinds[1].rows(0, 3), kinds[2].rows(0, 3));
            first(method, views, new Step(device, 5));
            double[] means = method.state().get("trained.encoder.bn1.running_mean").doubles();
            Tensor second = kinds[0].rows(2, 4).concat(0, kinds[1].rows(3, 6), kinds[2].rows(3, 6));
            Encoders.Encoder same = Encoders.make(split, device, 4);
            same.network().apply(first.concat(0, second), Mode.TRAIN);
            assertThat(means).containsExactly(
                    Modules.state(same.network()).get("bn1.running_mean").doubles(), within(1e-12));
        }
    }

    /// The negative control: without the threshold, what the network believed at its start is what it is taught. With
    /// λᵤ = 5 it had 0.63, 0.38, 0.58, 0.80 of the held-out images right after the seeds 1 to 4, and 0.98, 0.80, 0.91,
    /// 0.98 with the threshold. NB: with λᵤ = 1 the labelled images correct what is wrong in so short a run, and there
    /// is no difference beyond that between seeds.
    @Test
    void isWorseWithoutTheThreshold() {
        double with = accuracyOnWaves(0.95), without = accuracyOnWaves(0);
        assertThat(with).as("%s with the threshold, %s without", with, without).isGreaterThan(without + 0.15);
    }

    private static double accuracyOnWaves(double confidence) {
        TrainConfig config = new TrainConfig("fixmatch", Map.of("confidence", confidence, "weight", 5.0, "ema", 0.9),
                "waves", Waves.SIDE, "fixmatch", new TrainConfig.Labels(0.04, 16),
                new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("sgd", 0.05, 0.9, 5e-4, true, 1), 64, 16, 1);
        Split split = new Split(new Waves(1, 512), new Waves(2, 500), "");
        Normalize normalize = new Normalize(List.of(0.5, 0.5, 0.5), List.of(0.25, 0.25, 0.25));
        Recipe recipe = Recipes.named("fixmatch", Waves.SIDE).then(normalize);
        try (Device device = Device.open("cpu");
                Trainer trainer = new Trainer(config, Feed.of(config, split.train(), recipe, 1), device)) {
            train(trainer, trainer.totalSteps());
            return new Evaluation(split, Waves.SIDE, normalize, 5, 0.1, 100, device)
                    .accuracyOf(trainer.method().classifier().orElseThrow());
        }
    }

    @Test
    void saysLnCAndTwiceThatIfEverythingIsALabel() {
        try (Device device = Device.open("reference")) {
            assertThat(method(device, Map.of()).chanceLevel(7)).isEqualTo(Math.log(10));
            assertThat(method(device, Map.of("confidence", 0.1, "weight", 2)).chanceLevel(7))
                    .isEqualTo(3 * Math.log(10));
        }
    }

    @ParameterizedTest
    @CsvSource({"-0.1, 1, 0.9, confidence", "1.1, 1, 0.9, confidence", "0.9, -1, 0.9, weight", "0.9, NaN, 0.9, weight",
        "0.9, 1, 2, ema"})
    void refusesWhatIsOutOfRange(double confidence, double weight, double ema, String setting) {
        assertThatIllegalArgumentException().isThrownBy(() -> new FixMatch.Config(confidence, weight, ema))
                .withMessageStartingWith(setting + " must be ");
    }
}
