package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.ssl.Losses;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.part.MultiCrop;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two global views, two small ones of one size and one of another; three clusterings.
class DeepClusterV2Test extends MethodContract {

    private static final int K = 5, D = 7, HEADS = 3;
    private static final Map<String, Object> SETTINGS = Map.of("hidden", 9, "projection", D, "prototypes", K, "heads",
            HEADS, "temperature", 0.2, "iterations", 4);

    DeepClusterV2Test() {
        super("deepcluster-v2", SETTINGS);
    }

    @Override
    protected List<Integer> localSides() {
        return List.of(6, 6, 4);
    }

    /// The first batch is one of those that were clustered: its images are near their centroids, which counts for
    /// little with a large τ.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "prototypes", 9, "temperature", 2);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            1.297792187698, 1.291765958919, 1.228322181226, 1.828601404012, 2.042684298924, 2.167340523870,
            1.748178222354, 1.709651713486, 1.848428305025, 1.924612932200};
    }

    /// Of the images as they are: an epoch has eight steps here, after which every clustering begins elsewhere, and the
    /// clusters of differently warped images are another matter each time.
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32, "prototypes", 16, "heads", 2), "none", 0.1);
    }

    /// Differently warped images: clusters become what two clusterings agree about.
    @Test
    void leavesTheChanceLevelBehindWithAugmentation() {
        Map<String, Object> settings = Map.of("hidden", 64, "projection", 32, "prototypes", 16, "heads", 1);
        try (Device device = Device.open("cpu");
                Trainer trainer = trainer(byHeart(settings, "drawings", 0.1), device, 512, 16)) {
            List<Double> losses = train(trainer, 200);
            double last = losses.subList(190, 200).stream().mapToDouble(loss -> loss).average().orElseThrow();
            assertThat(last).as("mean of the last ten of %s", losses).isLessThan(0.9 * Math.log(16));
        }
    }

    /// main_deepclusterv2.py in loops: the cross entropy of all crops with the clusters of the first clustering.
    @Test
    void agreesWithTheOfficialCode() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            Views views = views(device, 2);
            double loss = first(method, views, new Step(device, 5));
            int[] index = views.index().orElseThrow().integers();
            double[] z = MultiCrop.embeddings(method.encoder(), method.head().orElseThrow(), MultiCrop.crops(views),
                    Mode.TRAIN).doubles();
            double expected = 0;
            for (int h = 0; h < HEADS; h++) {
                double[] c = state(method, "centroids." + h).doubles(), labels = labels(method, h);
                for (int row = 0; row < 5 * IMAGES; row++) {
                    double[] logits = new double[K];
                    for (int k = 0; k < K; k++) {
                        for (int d = 0; d < D; d++) logits[k] += z[row * D + d] * c[k * D + d] / 0.2;
                    }
                    double sum = Arrays.stream(logits).map(Math::exp).sum();
                    int label = (int) labels[index[row % IMAGES]];
                    expected -= Math.log(Math.exp(logits[label]) / sum) / (HEADS * 5 * IMAGES);
                }
            }
            assertThat(loss).isCloseTo(expected, within(1e-12));
        }
    }

    /// Memories of the two views in turn: each image is nearest to its centroid by the features of that view.
    @Test
    void clustersTheViewsInTurn() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SETTINGS);
            Views views = views(device, 3);
            Step step = new Step(device, 5);
            step.moveTo(0);
            method.observe(views, step);
            double[][] z = {state(method, "memory.features.0").doubles(), state(method, "memory.features.1").doubles()};
            for (int v = 0; v < 2; v++) {
                Tensor alone = MultiCrop.embeddings(method.encoder(), method.head().orElseThrow(),
                        List.of(views.global().get(v)), Mode.TRAIN);
                assertThat(Arrays.copyOf(z[v], IMAGES * D)).containsExactly(alone.doubles(), within(1e-12));
            }
            method.beforeEpoch(0, step);
            int[] index = views.index().orElseThrow().integers();
            for (int h = 0; h < HEADS; h++) {
                double[] c = state(method, "centroids." + h).doubles(), labels = labels(method, h);
                for (int i = 0; i < IMAGES; i++) {
                    int nearest = 0;
                    for (int k = 1; k < K; k++) if (at(z[h % 2], i, c, k) > at(z[h % 2], i, c, nearest)) nearest = k;
                    assertThat(labels[index[i]]).as("head %d, image %d", h, i).isEqualTo(nearest);
                }
                assertThat(Arrays.stream(labels).filter(label -> label == Losses.IGNORED)).hasSize(IMAGES);
            }
            assertThat(labels(method, 0)).isNotEqualTo(labels(method, 2));             // other beginnings
        }
    }

    private static double at(double[] z, int i, double[] c, int k) {
        double sum = 0;
        for (int d = 0; d < D; d++) sum += z[i * D + d] * c[k * D + d];
        return sum;
    }

    /// Of 33 images, 32 come in an epoch of batches of 8; the labels of the next epoch leave out the other one.
    @Test
    void labelsTheImagesOfTheLastEpoch() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            for (int epoch = 0; epoch < 3; epoch++) {
                train(trainer, 4 * epoch + 4);
                int[] seen = Arrays.stream(state(trainer.method(), "memory.image").integers()).sorted().toArray();
                assertThat(state(trainer.method(), "memory.filled").integers()).containsExactly(32);
                assertThat(seen).hasSize(32).doesNotHaveDuplicates();
                train(trainer, 4 * epoch + 5);
                for (int h = 0; h < HEADS; h++) {
                    double[] labels = labels(trainer.method(), h);
                    for (int i = 0; i < 33; i++) {
                        assertThat(labels[i] == Losses.IGNORED).isEqualTo(Arrays.binarySearch(seen, i) < 0);
                    }
                }
            }
        }
    }

    /// Centroids are the same in all steps of an epoch, and of unit length.
    @Test
    void findsNewCentroidsOnceAnEpochAndNeverTrainsThem() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            assertThat(trainer.method().parameters().keySet()).noneMatch(name -> name.startsWith("clusters"));
            Tensor centroids = state(trainer.method(), "centroids.1");
            train(trainer, 1);
            double[] first = centroids.doubles();
            assertThat(centroids.square().sum(1).plus(-1).abs().maximum().item()).isLessThan(1e-12);
            train(trainer, 4);
            assertThat(centroids.doubles()).isEqualTo(first);
            train(trainer, 5);
            assertThat(centroids.doubles()).isNotEqualTo(first);
        }
    }

    @Test
    void tellsHowManyPrototypesAreInUseAndHowMuchClustersChange() {
        try (Device device = reference(); Trainer trainer = trainer(tenSteps(), device)) {
            train(trainer, 4);
            assertThat(trainer.method().health()).containsOnlyKeys("prototypes in use",
                    "NMI with the last epoch's clusters").containsValue(Double.NaN);
            train(trainer, 5);
            Map<String, Double> health = trainer.method().health();
            assertThat(health.get("prototypes in use")).isBetween(0.5, 1.0);
            assertThat(health.get("NMI with the last epoch's clusters")).isBetween(0.01, 1.0);
        }
    }

    @Test
    void refusesMorePrototypesThanImagesOfAnEpoch() {
        try (Device device = Device.open("reference")) {
            assertThatThrownBy(() -> method(device, Map.of("prototypes", 13))).isInstanceOf(UserError.class)
                    .hasMessage("The setting prototypes is 13, but it must be at most the number of training images in "
                            + "the whole batches of an epoch, which is 12.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hidden", "projection", "prototypes", "heads", "temperature", "iterations"})
    void refusesSettingsOutOfRange(String name) {
        assertThatIllegalArgumentException().isThrownBy(() -> new DeepClusterV2.Config(value(name, "hidden"),
                value(name, "projection"), value(name, "prototypes"), value(name, "heads"),
                value(name, "temperature"), value(name, "iterations"))).withMessageStartingWith(name + " must be ");
    }

    private static int value(String wrong, String name) {
        return wrong.equals(name) ? 0 : 5;
    }

    private static Tensor state(SslMethod method, String name) {
        Tensor tensor = method.state().get("clusters." + name);
        assertThat(tensor).as("%s of %s", name, method.state().keySet()).isNotNull();
        return tensor;
    }

    private static double[] labels(SslMethod method, int head) {
        return state(method, "labels." + head + ".table").doubles();
    }
}
