package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.BatchNorm;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.augment.Rearrange;
import invar.ssl.train.TrainConfig;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JigsawTest extends MethodContract {

    JigsawTest() {
        super("jigsaw", Map.of("permutations", 6, "selection", "max_min", "projection", 5, "hidden", 7));
    }

    @Override
    protected String augment() {
        return "jigsaw";
    }

    /// Nine tiles of 3 × 3 pixels.
    @Override
    protected int side() {
        return 9;
    }

    /// Twice as wide as for other methods: with features that are 0 for nearly all tiles, and the batch norm of a
    /// hidden layer over eight images, rounding grows a hundredfold in a step.
    @Override
    protected TrainConfig.EncoderConfig encoder() {
        return new TrainConfig.EncoderConfig("resnet10", 4, "small");
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("permutations", 30, "projection", 32);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            1.907219684083, 1.742929698312, 1.580280960069, 1.827914679537, 1.794303636604, 1.913451677519,
            1.892045587759, 1.780240362913, 1.662789436559, 1.771508337411};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("permutations", 8, "projection", 32), "jigsaw", 0.1);
    }

    /// An image keeps its order of tiles wherever it is in the batch.
    @Override
    protected SslMethod reordered(SslMethod method, int[] order) {
        return new Reordered((Jigsaw) method, order);
    }

    private record Reordered(Jigsaw method, int[] order) implements SslMethod {

        @Override
        public void beforeStep(Step step) {
            method.beforeStep(step);
            int[] chosen = method.chosen();
            method.shuffle(Arrays.stream(order).map(i -> chosen[i]).toArray());
        }

        @Override
        public Tensor loss(Views views, Step step) {
            return method.loss(views, step);
        }

        @Override
        public Map<String, Tensor> parameters() {
            return method.parameters();
        }

        @Override
        public Map<String, Tensor> state() {
            return method.state();
        }

        @Override
        public Layer encoder() {
            return method.encoder();
        }

        @Override
        public double chanceLevel(int images) {
            return method.chanceLevel(images);
        }
    }

    private static final ResNet.Spec SPEC = ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL);
    private static final int IMAGES = 5, TILES = 9;

    /// Tiles cut and shuffled pixel by pixel, one row of all features an image, and the softmax in loops.
    @ParameterizedTest
    @CsvSource({"0, 12", "6, 12", "4, 9"})
    void agreesWithThePaper(int hidden, int side) {
        try (Device device = Device.open("reference")) {
            Init init = new Init(device, 4);
            Jigsaw.Config config = new Jigsaw.Config(7, "max_avg", 5, hidden);
            Jigsaw method = method(init, config);
            method.beforeStep(new Step(device, 3));
            float[] x = noise(device, IMAGES, side, 3).floats();
            ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
            Mlp projector = Mlp.of(init.at("projector"), Mlp.Spec.of(encoder.features(), 5).withOutputBias(false)
                    .withOutputNorm(BatchNorm.Affine.SCALE_AND_SHIFT));
            Mlp classifier = Mlp.of(init.at("classifier"),
                    hidden == 0 ? Mlp.Spec.of(45, 7) : Mlp.Spec.of(45, hidden, 7));
            int t = side / 3;
            Tensor tiles = device.tensor(Shape.of(IMAGES * TILES, 3, t, t), shuffled(method, x, side));
            double[] z = projector.apply(encoder.apply(tiles, Mode.TRAIN), Mode.TRAIN).doubles();
            double[] rows = new double[IMAGES * 45];
            for (int i = 0; i < IMAGES; i++) {
                for (int j = 0; j < TILES; j++) {
                    for (int d = 0; d < 5; d++) rows[i * 45 + j * 5 + d] = Math.max(0, z[(i * TILES + j) * 5 + d]);
                }
            }
            double[] logits = classifier.apply(device.tensor(Shape.of(IMAGES, 45), rows), Mode.TRAIN).doubles();
            double expected = 0;
            for (int i = 0; i < IMAGES; i++) {
                double sum = 0;
                for (int k = 0; k < 7; k++) sum += Math.exp(logits[7 * i + k]);
                expected -= Math.log(Math.exp(logits[7 * i + method.chosen()[i]]) / sum) / IMAGES;
            }
            Tensor view = device.tensor(Shape.of(IMAGES, 3, side, side), x);
            assertThat(method.loss(Views.of(view), new Step(device)).item()).isCloseTo(expected, within(1e-12));
        }
    }

    /// What [Rearrange] makes of each image with the order of its label.
    private static float[] shuffled(Jigsaw method, float[] x, int side) {
        int size = 3 * side * side;
        float[] tiles = new float[x.length];
        for (int i = 0; i < IMAGES; i++) {
            Rearrange.jigsaw(x, i * size, tiles, i * size, 3, side, side, 3, order(method, method.chosen()[i]));
        }
        return tiles;
    }

    private static int[] order(Jigsaw method, int k) {
        return Arrays.copyOfRange(method.state().get("permutations.orders").integers(), TILES * k, TILES * k + TILES);
    }

    /// The label names the order of all nine tiles, also on the device that trains.
    @ParameterizedTest
    @CsvSource({"reference, 6", "cpu, 12", "cpu, 24"})
    void theLabelOfAnImageIsTheOrderOfItsTiles(String name, int side) {
        try (Device device = Device.open(name)) {
            Jigsaw method = method(new Init(device, 4), new Jigsaw.Config(20, "max_avg", 5, 0));
            float[] x = noise(device, IMAGES, side, 3).floats();
            Tensor view = device.tensor(Shape.of(IMAGES, 3, side, side), x);
            Step step = new Step(device, 3);
            for (long k = 0; k < 5; k++) {
                step.moveTo(k);
                method.beforeStep(step);
                assertThat(method.shuffled(view).floats()).isEqualTo(shuffled(method, x, side));
            }
        }
    }

    @Test
    void drawsForEachImageAndStepByTheSeedAlone() {
        try (Device device = Device.open("reference")) {
            Jigsaw method = method(new Init(device, 4), new Jigsaw.Config(4, "max_avg", 5, 0));
            Step step = new Step(device, 3);
            int[] counts = new int[4];
            int[][] drawn = new int[100][];
            for (int k = 0; k < 100; k++) {
                step.moveTo(k);
                method.beforeStep(step);
                drawn[k] = method.chosen();
                for (int order : drawn[k]) counts[order]++;
            }
            for (int count : counts) assertThat(count).isBetween(85, 165);               // 125 ± 4 · 9.7
            assertThat(Arrays.stream(drawn).map(Arrays::toString).distinct().count()).isGreaterThan(80);
            assertThat(Arrays.stream(drawn).filter(all -> Arrays.stream(all).distinct().count() > 1).count())
                    .as("steps whose images differ").isGreaterThan(90);
            step.moveTo(7);
            method.beforeStep(step);
            assertThat(method.chosen()).isEqualTo(drawn[7]);
        }
    }

    /// Label k means nothing without the orders, so they are stored, and what is stored is what is used.
    @Test
    void theOrdersArePartOfTheModel() {
        try (Device device = Device.open("reference")) {
            Jigsaw.Config config = new Jigsaw.Config(4, "max_avg", 5, 0);
            Jigsaw method = method(new Init(device, 4), config);
            Tensor orders = method.state().get("permutations.orders");
            assertThat(orders.shape()).isEqualTo(Shape.of(4, TILES));
            assertThat(method.parameters()).doesNotContainKey("permutations.orders");
            assertThat(method(new Init(device, 4), config).state().get("permutations.orders").integers())
                    .isEqualTo(orders.integers());
            assertThat(method(new Init(device, 5), config).state().get("permutations.orders").integers())
                    .isNotEqualTo(orders.integers());
            Tensor view = noise(device, IMAGES, 6, 3);
            int[] backwards = IntStream.range(0, 4 * TILES).map(i -> TILES - 1 - i % TILES).toArray();
            orders.upload(backwards);
            method.shuffle(new int[IMAGES]);
            double[] last = method.shuffled(view).rows(8, 9).doubles();                  // its first tile
            Tensor first = view.slice(2, 0, 2).slice(3, 0, 2).rows(0, 1);
            assertThat(last).isEqualTo(first.doubles());
        }
    }

    @Test
    void takesTheRuleThatIsSet() {
        try (Device device = Device.open("reference")) {
            Init init = new Init(device, 4);
            int[] avg = method(init, new Jigsaw.Config(30, "max_avg", 5, 0)).state().get("permutations.orders")
                    .integers();
            int[] min = method(init, new Jigsaw.Config(30, "max_min", 5, 0)).state().get("permutations.orders")
                    .integers();
            assertThat(Arrays.copyOf(min, TILES)).isEqualTo(Arrays.copyOf(avg, TILES));
            assertThat(min).isNotEqualTo(avg);
        }
    }

    @Test
    void refusesViewsThatAreNotOfNineTiles() {
        try (Device device = Device.open("reference")) {
            Jigsaw method = method(new Init(device, 4), new Jigsaw.Config(4, "max_avg", 5, 0));
            assertThatThrownBy(() -> method.loss(Views.of(noise(device, IMAGES, 8, 1)), new Step(device)))
                    .isInstanceOf(UserError.class).hasMessage("The augmentation of jigsaw must make views of 3 × 3 "
                            + "tiles, but 8 pixels are not a multiple of 3: use --augment jigsaw.");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1     | max_avg | 5 | 0  | permutations must be 2 to 10000 but is 1",
        "10001 | max_avg | 5 | 0  | permutations must be 2 to 10000 but is 10001",
        "10    | largest | 5 | 0  | selection must be max_avg or max_min but is 'largest'",
        "10    | max_min | 0 | 0  | projection must be at least 1 but is 0",
        "10    | max_min | 5 | -1 | hidden must be at least 1 but is -1"})
    void refusesSettingsOutOfRange(int permutations, String selection, int projection, int hidden, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Jigsaw.Config(permutations, selection, projection, hidden)).withMessage(message);
    }

    private static Jigsaw method(Init init, Jigsaw.Config config) {
        ResNet encoder = ResNet.of(init.at("encoder"), SPEC);
        return new Jigsaw(config, new Setup(encoder, encoder.features(), 9, 0, 32, IMAGES, 2, 6, init));
    }
}
