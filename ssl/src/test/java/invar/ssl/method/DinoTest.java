package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.data.Dataset;
import invar.ssl.data.Shapes;
import invar.ssl.part.CropNetwork;
import invar.ssl.part.DinoHead;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// DINO with a residual network; with a vision transformer: [DinoTransformerTest].
class DinoTest extends MethodContract {

    private static final Map<String, Object> SMALL = with(Map.of("hidden", 9, "bottleneck", 7, "outputs", 11,
            "batchNorm", true, "normLastLayer", false, "teacherTemperature", 0.08, "warmupTemperatureEpochs", 3,
            "momentum", 0.9));

    /// A teacher that follows within ten steps, for runs of 200.
    static final Map<String, Object> BY_HEART = with(Map.of("hidden", 64, "bottleneck", 16, "outputs", 512,
            "batchNorm", true, "momentum", 0.9));

    /// These settings, and the published ones of the teacher and the last layer.
    static Map<String, Object> with(Map<String, Object> settings) {
        Map<String, Object> all = new LinkedHashMap<>(Map.of("teacherTemperature", 0.04, "warmupTemperature", 0.04,
                "frozenEpochs", 1));
        all.putAll(settings);
        return all;
    }

    DinoTest() {
        super("dino", SMALL);
    }

    @Override
    protected List<Integer> localSides() {
        return List.of(8, 5, 5);
    }

    /// The targets of a fresh head lean towards the student's own largest logits, by about 1 / (B τₛ τₜ) nats.
    @Override
    protected Map<String, Object> atStart() {
        return with(Map.of("hidden", 64, "bottleneck", 512, "outputs", 512));
    }

    /// The last layer is frozen in the first epoch.
    @Override
    protected int phases() {
        return 2;
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            6.915419769542, 3.875013702129, 3.545759727390, 1.360119603969, 1.680922235531, 2.272791399756,
            2.223154919765, 1.631891683348, 2.442570012871, 2.251783720072};
    }

    /// Without augmentation, so that what is to be learnt stands still: the targets of augmented views go on changing,
    /// and growing in number, for thousands of steps. Where the views are the same the loss starts at 0.4 of chance,
    /// and the bound is a quarter of it in place of 0.6.
    @Override
    protected TrainConfig byHeart() {
        return new TrainConfig("dino", BY_HEART, "shapes", 16, "none",
                new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("adamw", 1e-3, 0.9, 0.04, false, 2), 64, 25, 17);
    }

    @Override
    protected double byHeartBound(double chance) {
        return 0.25 * chance;
    }

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 4);
    private final ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL));

    /// 3 steps an epoch, 12 in all; λ from 0.9, τₜ from 0.04 to 0.08 in three epochs.
    private Dino dino() {
        return new Dino(new Dino.Config(9, 7, 11, true, false, 0.1, 0.08, 0.04, 3, 0.9, 1),
                new Setup(encoder, encoder.features(), 12, 0, 8, 4, 3, 12, init));
    }

    private Tensor images(String name, int side) {
        return init.tensor(name, new Initializer.Normal(1), Shape.of(4, 3, side, side));
    }

    /// Algorithm 1 over four crops, with the teacher's temperature of the step's epoch.
    @ParameterizedTest
    @CsvSource({"0, 0.04", "2, 0.04", "3, 0.06", "6, 0.08", "11, 0.08"})
    void agreesWithAlgorithm1(long at, double tau) {
        Dino method = dino();
        double[] center = IntStream.range(0, 11).mapToDouble(k -> 0.1 * Math.sin(k)).toArray();
        method.state().get("center.value").upload(center);
        List<Tensor> crops = List.of(images("a", 8), images("b", 8), images("c", 5), images("d", 5));
        CropNetwork<DinoHead> same = new CropNetwork<>(encoder, DinoHead.of(init.at("head"),
                new DinoHead.Spec(encoder.features(), 9, 7, 11, true, true)));
        List<double[]> t = same.apply(crops.subList(0, 2), Mode.TRAIN).stream().map(Tensor::doubles).toList();
        List<double[]> s = same.apply(crops, Mode.TRAIN).stream().map(Tensor::doubles).toList();
        double expected = 0;
        for (int x = 0; x < 2; x++) {
            for (int y = 0; y < 4; y++) if (y != x) expected += crossEntropy(t.get(x), s.get(y), center, tau) / 6;
        }
        Step step = new Step(device);
        step.moveTo(at);
        double loss = method.loss(Views.of(crops.get(0), crops.get(1)).withLocal(crops.subList(2, 4)), step).item();
        assertThat(loss).isCloseTo(expected, within(1e-11));
        assertThat(method.health().get("entropy") + method.health().get("divergence")).isCloseTo(loss, within(1e-12));
        assertThat(method.health().get("entropy")).isBetween(0.0, Math.log(11));
    }

    /// H of Algorithm 1: t and s are logits, sharpened by their temperatures; the mean over the four images.
    private static double crossEntropy(double[] t, double[] s, double[] center, double tau) {
        double loss = 0;
        for (int i = 0; i < 4; i++) {
            double[] p = new double[11], q = new double[11];
            for (int k = 0; k < 11; k++) {
                p[k] = Math.exp((t[11 * i + k] - center[k]) / tau);
                q[k] = Math.exp(s[11 * i + k] / 0.1);
            }
            double sumP = Arrays.stream(p).sum(), sumQ = Arrays.stream(q).sum();
            for (int k = 0; k < 11; k++) loss -= p[k] / sumP * Math.log(q[k] / sumQ) / 4;
        }
        return loss;
    }

    /// At step 3 of 12 λ is 1 − 0.1 (1 + cos(π / 4)) / 2; running statistics are the teacher's own.
    @Test
    void theTeacherFollowsByAMovingAverageOfTheParametersAlone() {
        Dino method = dino();
        Step step = new Step(device);
        step.moveTo(3);
        method.loss(Views.of(images("a", 8), images("b", 8)).withLocal(List.of(images("c", 5))), step);
        method.parameters().forEach((name, p) -> p.upload(p.affine(1.5, 0.25).doubles()));
        Map<String, double[]> before = values(method.state());
        method.afterUpdate(step);
        double m = 1 - 0.1 * (1 + Math.cos(Math.PI / 4)) / 2;
        values(method.state()).forEach((name, after) -> {
            if (!name.startsWith("teacher.")) return;
            double[] old = before.get(name), student = before.get(name.replaceFirst("teacher", "student"));
            boolean running = name.contains(".running_");
            for (int i = 0; i < after.length; i++) {
                double expected = running ? old[i] : m * old[i] + (1 - m) * student[i];
                assertThat(after[i]).as(name).isCloseTo(expected, within(1e-14));
            }
        });
        assertThat(before.get("teacher.backbone.bn1.running_mean"))
                .isNotEqualTo(before.get("student.backbone.bn1.running_mean"));
        assertThat(values(method.state()).keySet()).contains("teacher.head.last_layer.weight_g",
                "teacher.head.last_layer.weight_v", "student.head.mlp.layers.0.norm.running_var");
    }

    /// The loss uses the old centre; a tenth of the mean of the teacher's logits over both views moves it.
    @Test
    void theCentreMovesAfterTheLoss() {
        Dino method = dino();
        Step step = new Step(device);
        step.moveTo(0);
        Tensor center = method.state().get("center.value");
        center.upload(IntStream.range(0, 11).mapToDouble(k -> k).toArray());
        CropNetwork<DinoHead> same = new CropNetwork<>(encoder, DinoHead.of(init.at("head"),
                new DinoHead.Spec(encoder.features(), 9, 7, 11, true, true)));
        List<Tensor> crops = List.of(images("a", 8), images("b", 8));
        List<Tensor> t = same.apply(crops, Mode.TRAIN);
        double[] mean = t.get(0).concat(0, t.get(1)).mean(0).doubles();
        method.loss(Views.of(crops.get(0), crops.get(1)), step);
        assertThat(center.doubles()[10]).isEqualTo(10);
        method.afterUpdate(step);
        for (int k = 0; k < 11; k++) {
            assertThat(center.doubles()[k]).isCloseTo(0.9 * k + 0.1 * mean[k], within(1e-14));
        }
    }

    @Test
    void theLastLayerWaitsForAnEpoch() {
        List<ParameterGroup> groups = dino().groups();
        assertThat(groups).extracting(ParameterGroup::frozen).containsExactly(0L, 3L);
        assertThat(groups.get(1).parameters().keySet())
                .containsExactly("student.head.last_layer.weight_v", "student.head.last_layer.weight_g");
        TrainConfig config = tenSteps();
        try (Device opened = reference(); Trainer trainer = trainer(config, opened)) {
            Map<String, Tensor> state = trainer.method().state();
            double[] v = state.get("student.head.last_layer.weight_v").doubles();
            double[] first = state.get("student.head.mlp.layers.2.linear.weight").doubles();
            train(trainer, 4);
            assertThat(state.get("student.head.last_layer.weight_v").doubles()).isEqualTo(v);
            assertThat(state.get("student.head.mlp.layers.2.linear.weight").doubles()).isNotEqualTo(first);
            train(trainer, 5);
            assertThat(state.get("student.head.last_layer.weight_v").doubles()).isNotEqualTo(v);
        }
    }

    @Test
    void keepsTheTeachersEncoder() {
        Dino method = dino();
        assertThat(Modules.parameters(method.encoder()).get("conv1.weight"))
                .isSameAs(method.state().get("teacher.backbone.conv1.weight"))
                .isNotSameAs(method.state().get("student.backbone.conv1.weight"));
        assertThat(method.parameters().keySet()).allMatch(name -> name.startsWith("student."));
        assertThat(method.state().keySet()).contains("center.value", "monitor.entropy", "monitor.divergence");
        Tensor z = method.embed(images("a", 8));
        assertThat(z.shape()).isEqualTo(Shape.of(4, 7));
        for (double length : z.square().sum(1).doubles()) assertThat(length).isCloseTo(1, within(1e-12));
    }

    /// Neither one answer for all images, nor all answers alike: each image has few answers, all images have many.
    @Test
    void doesNotCollapse() {
        try (Device opened = Device.open("cpu"); Trainer trainer = trainer(byHeart(), opened, 512, 16)) {
            train(trainer, 100);
            SslMethod method = trainer.method();
            double chance = trainer.chanceLevel();
            assertThat(method.health().get("entropy")).isBetween(0.01 * chance, 0.9 * chance);
            assertThat(method.health().get("divergence")).isGreaterThan(0);
            Tensor z = method.embed(shapes(opened, 64));
            double spread = 1 - z.mean(0).square().sum().item();             // 0: all rows are the same
            assertThat(spread).as("1 − ‖mean z‖²").isGreaterThan(0.05);
        }
    }

    private static Tensor shapes(Device on, int images) {
        Dataset data = Shapes.train(0, images, 16);
        int size = data.shape().size();
        float[] pixels = new float[images * size];
        byte[] raw = new byte[size];
        for (int i = 0; i < images; i++) {
            data.read(i, 0, raw);
            for (int j = 0; j < size; j++) pixels[i * size + j] = ((raw[j] & 255) / 255f - 0.5f) / 0.25f;
        }
        return on.tensor(Shape.of(images, 3, 16, 16), pixels);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 7, 11, 0.1, 0.04, 0.04, 0, 0.9, 1, hidden must be at least 1 but is 0",
        "9, 0, 11, 0.1, 0.04, 0.04, 0, 0.9, 1, bottleneck must be at least 1 but is 0",
        "9, 7, 200000, 0.1, 0.04, 0.04, 0, 0.9, 1, outputs must be 1 to 131072 but is 200000",
        "9, 7, 11, 0, 0.04, 0.04, 0, 0.9, 1, studentTemperature must be a number > 0 but is 0.0",
        "9, 7, 11, 0.1, -1, 0.04, 0, 0.9, 1, teacherTemperature must be a number > 0 but is -1.0",
        "9, 7, 11, 0.1, 0.04, NaN, 0, 0.9, 1, warmupTemperature must be a number > 0 but is NaN",
        "9, 7, 11, 0.1, 0.04, 0.04, -1, 0.9, 1, warmupTemperatureEpochs must be at least 0 but is -1",
        "9, 7, 11, 0.1, 0.04, 0.04, 0, 1.5, 1, momentum must be from 0 to 1 but is 1.5",
        "9, 7, 11, 0.1, 0.04, 0.04, 0, 0.9, -1, frozenEpochs must be at least 0 but is -1"})
    void refusesImpossibleSettings(int hidden, int bottleneck, int outputs, double student, double teacher,
            double warmup, int epochs, double momentum, int frozen, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Dino.Config(hidden, bottleneck, outputs, false, true,
                student, teacher, warmup, epochs, momentum, frozen)).withMessage(message);
    }
}
