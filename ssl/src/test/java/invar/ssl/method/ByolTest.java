package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByolTest extends MethodContract {

    private static final int HIDDEN = 9, PROJECTION = 7;
    private static final Map<String, Object> SMALL =
            Map.of("hidden", HIDDEN, "projection", PROJECTION, "targetDecay", 0.9, "predictor", true);

    ByolTest() {
        super("byol", SMALL);
    }

    /// The cosine of two random directions is about 1/√D, so D must be large.
    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            3.781331173775, 3.569266258903, 4.148610886829, 3.875748981803, 3.788392173400, 4.021253629367,
            3.368206123489, 3.023985300771, 3.347570918331, 3.327682311596};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(true);
    }

    private TrainConfig byHeart(boolean predictor) {
        return byHeart(Map.of("hidden", 64, "projection", 32, "targetDecay", 0.9, "predictor", predictor), "drawings",
                0.1);
    }

    /// Networks like those of the method, made by the same names from the same seed.
    private record Twin(Byol.Branch online, Mlp predictor, Byol.Branch target) {

        static Twin of(Device device, TrainConfig.EncoderConfig config) {
            return new Twin(branch(device, config), mlp(device, "predictor", PROJECTION), branch(device, config));
        }

        private static Byol.Branch branch(Device device, TrainConfig.EncoderConfig config) {
            Encoders.Encoder encoder = Encoders.make(config, device, 4);
            return new Byol.Branch(encoder.network(), mlp(device, "projector", encoder.features()));
        }

        private static Mlp mlp(Device device, String name, int in) {
            return Mlp.of(new Init(device, 4).at(name), Mlp.Spec.of(in, HIDDEN, PROJECTION).withHiddenBias(true)
                    .withOutputBias(false));
        }
    }

    /// ‖q̄₁ − z̄′₂‖² + ‖q̄₂ − z̄′₁‖², after the online network has left the target behind.
    @Test
    void agreesWithEquation2() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            moveOnline(method);
            Twin twin = Twin.of(device, encoder());
            Modules.parameters(twin).forEach((name, p) -> p.upload(method.state().get(name).doubles()));
            Views views = views(device, 1);
            double[][] q1 = unit(predict(twin, views.first())), q2 = unit(predict(twin, views.second()));
            double[][] z1 = unit(twin.target.project(views.first(), Mode.TRAIN));
            double[][] z2 = unit(twin.target.project(views.second(), Mode.TRAIN));
            double expected = 0, cosine = 0;
            for (int i = 0; i < IMAGES; i++) {
                for (int j = 0; j < PROJECTION; j++) {
                    expected += (Math.pow(q1[i][j] - z2[i][j], 2) + Math.pow(q2[i][j] - z1[i][j], 2)) / IMAGES;
                }
                cosine += (dot(q1[i], z2[i]) + dot(q2[i], z1[i])) / (2 * IMAGES);
            }
            double loss = method.loss(views, new Step(device)).item();
            assertThat(loss).isCloseTo(expected, within(1e-12));
            assertThat(method.health().get("positive similarity")).isCloseTo(cosine, within(1e-12));
            double exchanged = method.loss(Views.of(views.second(), views.first()), new Step(device)).item();
            assertThat(exchanged).isCloseTo(expected, within(1e-12));
        }
    }

    private static Tensor predict(Twin twin, Tensor x) {
        return twin.predictor.apply(twin.online.project(x, Mode.TRAIN), Mode.TRAIN);
    }

    private static double[][] unit(Tensor z) {
        double[][] rows = Spread.rows(z);
        for (double[] row : rows) {
            double norm = Math.sqrt(dot(row, row));
            for (int j = 0; j < row.length; j++) row[j] /= norm;
        }
        return rows;
    }

    private static void moveOnline(SslMethod method) {
        Philox random = new Philox(7, 0);
        method.parameters().forEach((name, p) -> {
            double[] values = p.doubles();
            for (int i = 0; i < values.length; i++) values[i] += 0.1 * random.nextGaussian();
            p.upload(values);
        });
    }

    @Test
    void startsWithATargetThatIsACopyWithoutAPredictor() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            Map<String, Tensor> state = method.state();
            state.forEach((name, tensor) -> {
                if (!name.startsWith("target.")) return;
                Tensor online = state.get(name.replaceFirst("target", "online"));
                assertThat(tensor).as(name).isNotSameAs(online);
                assertThat(tensor.doubles()).as(name).isEqualTo(online.doubles());
            });
            assertThat(state.keySet()).contains("target.encoder.conv1.weight", "target.encoder.bn1.running_var",
                    "target.projector.layers.1.linear.weight").noneMatch(name -> name.startsWith("target.predictor"));
            assertThat(method.parameters().keySet()).noneMatch(name -> name.startsWith("target."));
        }
    }

    /// byol/utils/networks.py: a bias and a batch norm in the hidden layer, neither in the last.
    @Test
    void hasTheHeadsOfTheOfficialCode() {
        try (Device device = Device.open("reference")) {
            for (String head : new String[] {"online.projector.", "predictor."}) {
                assertThat(method(device, SMALL).parameters().keySet()).filteredOn(name -> name.startsWith(head))
                        .containsExactlyInAnyOrder(head + "layers.0.linear.weight", head + "layers.0.linear.bias",
                                head + "layers.0.norm.weight", head + "layers.0.norm.bias",
                                head + "layers.1.linear.weight");
            }
        }
    }

    /// ξ ← τ ξ + (1 − τ) θ with τ = 1 − (1 − τ₀) (cos(πk/K) + 1)/2 and K = 12; running statistics are not averaged.
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 11, 12})
    void movesTheTargetByTheFormula(int k) {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            Step step = new Step(device);
            step.moveTo(k);
            moveOnline(method);
            method.loss(views(device, 1), step);
            Map<String, double[]> before = values(method.state());
            method.afterUpdate(step);
            double tau = 1 - (1 - 0.9) * (Math.cos(Math.PI * k / 12) + 1) / 2;
            values(method.state()).forEach((name, after) -> {
                double[] expected = before.get(name).clone();
                if (name.startsWith("target.") && !name.contains("running")) {
                    double[] theta = before.get(name.replaceFirst("target", "online"));
                    for (int i = 0; i < theta.length; i++) expected[i] = tau * expected[i] + (1 - tau) * theta[i];
                }
                assertThat(after).as(name).usingComparatorWithPrecision(1e-12).containsExactly(expected);
            });
        }
    }

    /// Its batch norms see the batch, as those of the online network do.
    @Test
    void runsTheTargetInTrainingMode() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, SMALL);
            method.loss(views(device, 1), new Step(device));
            Map<String, Tensor> state = method.state();
            assertThat(state.get("target.projector.layers.0.norm.running_mean").doubles()).doesNotContain(0)
                    .isEqualTo(state.get("online.projector.layers.0.norm.running_mean").doubles());
        }
    }

    /// Table 5b of the paper: with a target but without a predictor the network soon answers everything alike.
    @Test
    void collapsesWithoutPredictor() {
        assertThat(spreadAfter(byHeart(true))).isGreaterThan(0.3);
        assertThat(spreadAfter(byHeart(false))).isLessThan(0.1);
    }

    private static double spreadAfter(TrainConfig config) {
        try (Device device = Device.open("cpu"); Trainer trainer = trainer(config, device, 512, 16)) {
            train(trainer, 60);
            return Spread.ofDirections(Spread.embeddings(trainer.method(), device, 16));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 5, 0.9, hidden must be at least 1 but is 0", "5, 0, 0.9, projection must be at least 1 but is 0",
        "5, 5, 1.1, targetDecay must be from 0 to 1 but is 1.1",
        "5, 5, -0.1, targetDecay must be from 0 to 1 but is -0.1",
        "5, 5, NaN, targetDecay must be from 0 to 1 but is NaN"})
    void refusesWhatIsOutOfRange(int hidden, int projection, double targetDecay, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Byol.Config(hidden, projection, targetDecay, true))
                .withMessageStartingWith(message);
    }
}
