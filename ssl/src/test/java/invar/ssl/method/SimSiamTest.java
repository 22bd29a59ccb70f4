package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Philox;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.BatchNorm;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.ParameterGroup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimSiamTest extends MethodContract {

    private static final int HIDDEN = 9, PROJECTION = 8, BOTTLENECK = 3;
    private static final Map<String, Object> SMALL =
            Map.of("layers", 3, "hidden", HIDDEN, "projection", PROJECTION, "bottleneck", BOTTLENECK);

    SimSiamTest() {
        super("simsiam", SMALL);
    }

    /// The cosine of two random directions is about 1/√D, so D must be large.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "bottleneck", 32);
    }

    /// Of a range from −1 to 1.
    @Override
    protected double nearChance(double chance) {
        return 0.15;
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            0.017784300242, 0.024188207563, 0.024362075185, -0.071435457975, -0.028859390458, -0.011290175897,
            0.042073585484, -0.043275547815, 0.001766318479, -0.147757007031};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(true);
    }

    private TrainConfig byHeart(boolean stopGradient) {
        return byHeart(Map.of("hidden", 64, "projection", 64, "bottleneck", 16, "stopGradient", stopGradient),
                "drawings", 0.2);
    }

    /// Four tenths of the way from chance, 0, to the least, −1: for a loss whose least is 0 that is 0.6 of chance.
    @Override
    protected double byHeartBound(double chance) {
        return -0.4;
    }

    /// Networks like those of the method, made by the same names from the same seed.
    private record Twin(Layer encoder, Mlp projector, Mlp predictor) {

        static Twin of(Device device, TrainConfig.EncoderConfig config) {
            Encoders.Encoder encoder = Encoders.make(config, device, 4);
            Init init = new Init(device, 4);
            return new Twin(encoder.network(), Mlp.of(init.at("projector"), Mlp.Spec.of(encoder.features(), HIDDEN,
                    HIDDEN, PROJECTION).withOutputBias(false).withOutputNorm(BatchNorm.Affine.NONE)),
                    Mlp.of(init.at("predictor"), Mlp.Spec.of(PROJECTION, BOTTLENECK, PROJECTION)));
        }

        Tensor z(Tensor x) {
            return projector.apply(encoder.apply(x, Mode.TRAIN), Mode.TRAIN);
        }

        double[][] p(Tensor x) {
            return Spread.rows(predictor.apply(z(x), Mode.TRAIN));
        }
    }

    /// ½ D(p₁, z₂) + ½ D(p₂, z₁), D the mean of −cos.
    private static double equation4(double[][] p1, double[][] z2, double[][] p2, double[][] z1) {
        double sum = 0;
        for (int i = 0; i < p1.length; i++) sum -= cos(p1[i], z2[i]) / 2 + cos(p2[i], z1[i]) / 2;
        return sum / p1.length;
    }

    private static double cos(double[] a, double[] b) {
        return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    }

    @Test
    void agreesWithEquation4() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            Twin twin = Twin.of(device, encoder());
            Views views = views(device, 1);
            Tensor x1 = views.first(), x2 = views.second();
            double expected = equation4(twin.p(x1), Spread.rows(twin.z(x2)), twin.p(x2), Spread.rows(twin.z(x1)));
            assertThat(method.loss(views, new Step(device)).item()).isCloseTo(expected, within(1e-12));
            assertThat(method.health().get("positive similarity")).isCloseTo(-expected, within(1e-12));
            assertThat(method.loss(Views.of(x2, x1), new Step(device)).item()).isCloseTo(expected, within(1e-12));
        }
    }

    /// The loss takes z for a constant although it moves with the parameters, so its gradient is not the slope of its
    /// value but that of ½ D(p₁(θ), z₂(θ₀)) + ½ D(p₂(θ), z₁(θ₀)).
    @Override
    @Test
    void hasTheGradientOfItsLoss() {
        assertThatTheGradientIsTheSlope(true);
    }

    @Test
    void hasTheWholeGradientWhereItDoesNotStop() {
        assertThatTheGradientIsTheSlope(false);
    }

    private void assertThatTheGradientIsTheSlope(boolean stopped) {
        try (Device device = Device.open("reference")) {
            Map<String, Object> settings = new LinkedHashMap<>(SMALL);
            settings.put("stopGradient", stopped);
            SslMethod method = method(device, settings);
            Twin twin = Twin.of(device, encoder());
            Views views = views(device, 1);
            Map<String, double[]> at = values(method.parameters()), gradients = new LinkedHashMap<>();
            try (Tape tape = Tape.watching(method.parameters().values())) {
                Gradients found = tape.gradients(method.loss(views, new Step(device)));
                method.parameters().forEach((name, p) -> gradients.put(name, found.of(p).doubles()));
            }
            double[][] z1 = Spread.rows(twin.z(views.first())), z2 = Spread.rows(twin.z(views.second()));
            for (long seed = 0; seed < 3; seed++) {
                Philox random = new Philox(seed, 0);
                double expected = 0, epsilon = 1e-7;
                double[] ends = new double[2];
                Map<String, double[]> direction = new LinkedHashMap<>();
                for (String name : at.keySet()) {
                    double[] v = new double[at.get(name).length];
                    for (int i = 0; i < v.length; i++) v[i] = random.nextGaussian();
                    direction.put(name, v);
                    expected += dot(gradients.get(name), v);
                }
                for (int end = 0; end < 2; end++) {
                    double by = end == 0 ? -epsilon : epsilon;
                    Modules.parameters(twin).forEach((name, p) -> {
                        double[] moved = at.get(name).clone();
                        for (int i = 0; i < moved.length; i++) moved[i] += by * direction.get(name)[i];
                        p.upload(moved);
                    });
                    ends[end] = equation4(twin.p(views.first()), stopped ? z2 : Spread.rows(twin.z(views.second())),
                            twin.p(views.second()), stopped ? z1 : Spread.rows(twin.z(views.first())));
                }
                assertThat((ends[1] - ends[0]) / (2 * epsilon)).as("direction %d", seed)
                        .isCloseTo(expected, within(gradientTolerance() * Math.max(1, Math.abs(expected))));
            }
        }
    }

    /// builder.py: no biases before batch norm, none trained after it, and no batch norm at the predictor's end.
    @Test
    void hasTheHeadsOfTheOfficialCode() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            assertThat(method.parameters().keySet()).filteredOn(name -> name.startsWith("projector."))
                    .containsExactlyInAnyOrder("projector.layers.0.linear.weight", "projector.layers.0.norm.weight",
                            "projector.layers.0.norm.bias", "projector.layers.1.linear.weight",
                            "projector.layers.1.norm.weight", "projector.layers.1.norm.bias",
                            "projector.layers.2.linear.weight");
            assertThat(method.state().keySet()).contains("projector.layers.2.norm.running_mean");
            assertThat(method.parameters().keySet()).filteredOn(name -> name.startsWith("predictor."))
                    .containsExactlyInAnyOrder("predictor.layers.0.linear.weight", "predictor.layers.0.norm.weight",
                            "predictor.layers.0.norm.bias", "predictor.layers.1.linear.weight",
                            "predictor.layers.1.linear.bias");
        }
    }

    @Test
    void keepsThePredictorsLearningRateUnlessToldOtherwise() {
        try (Device device = Device.open("reference")) {
            List<ParameterGroup> groups = method(device, SMALL).groups();
            assertThat(groups).hasSize(2).allMatch(group -> group.factor() == 1);
            assertThat(groups.get(0).constant()).isFalse();
            assertThat(groups.get(0).parameters().keySet()).noneMatch(name -> name.startsWith("predictor."));
            assertThat(groups.get(1).constant()).isTrue();
            assertThat(groups.get(1).parameters().keySet()).isNotEmpty()
                    .allMatch(name -> name.startsWith("predictor."));
            assertThat(method(device, Map.of("fixedRate", false)).groups()).noneMatch(ParameterGroup::constant);
        }
    }

    /// Figure 2 of the paper: without the stopped gradient the loss runs to −1 and all outputs become one. How many
    /// directions are left is measured, not the deviation: the batch norm at the projector's end pushes the outputs
    /// to both ends of a line, now and then.
    @Test
    void collapsesWithoutStoppedGradient() {
        try (Device device = Device.open("cpu"); Trainer with = trainer(byHeart(true), device, 512, 16);
                Trainer without = trainer(byHeart(false), device, 512, 16)) {
            train(with, 100);
            assertThat(train(without, 100).getLast()).isLessThan(-0.8);
            assertThat(Spread.directions(Spread.embeddings(with.method(), device, 16))).isGreaterThan(2);
            assertThat(Spread.directions(Spread.embeddings(without.method(), device, 16))).isLessThan(1.3);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 5, 5, 5, layers must be at least 1 but is 0", "2, 0, 5, 5, hidden must be at least 1 but is 0",
        "2, 5, 0, 5, projection must be at least 1 but is 0", "2, 5, 5, 0, bottleneck must be at least 1 but is 0"})
    void refusesWhatIsOutOfRange(int layers, int hidden, int projection, int bottleneck, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SimSiam.Config(layers, hidden, projection, bottleneck, true, true))
                .withMessageStartingWith(message);
    }
}
