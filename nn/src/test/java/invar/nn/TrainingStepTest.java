package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.spi.Replay;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.nn.optim.Adam;
import invar.nn.optim.Ema;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Schedule;
import invar.nn.optim.WeightDecay;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Layers, optimiser, moving average and schedule together, as a trainer uses them.
final class TrainingStepTest {

    private static final int STEPS = 12, WARMUP_STEPS = 3;

    /// A classifier of images, its moving average, and everything one step of training needs.
    private static final class Run {
        final ResNet encoder;
        final Linear classifier;
        final Map<String, Tensor> parameters;
        final ResNet average;
        final Optimizer optimizer;
        final Tensor images, labels, rate, decay, loss;
        final Scope scope;
        final Schedule schedule = Schedule.warmupCosine(0.02, 0, 2, STEPS);

        Run(Device device) {
            Init init = new Init(device, 1);
            encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL));
            classifier = Linear.of(init.at("classifier"), encoder.features(), 3, true);
            parameters = new TreeMap<>(Modules.parameters(encoder));
            parameters.putAll(Modules.parameters(classifier));
            average = Modules.copyOf(encoder);
            optimizer = new Adam(parameters, Adam.Config.adamW(WeightDecay.ofWeights(0.01)));
            images = init.tensor("images", new Initializer.Normal(1), Shape.of(6, 3, 9, 9));
            labels = device.integers(Shape.of(6), 0, 1, 2, 0, 1, 2);
            rate = device.scalar(0);
            decay = device.scalar(0.9);
            loss = device.scalar(0);
            scope = device.scope();
        }

        void step() {
            scope.reset();
            try (Tape tape = Tape.watching(parameters.values())) {
                Tensor logits = classifier.apply(encoder.apply(images, Mode.TRAIN), Mode.TRAIN);
                Tensor value = Ops.run(new SoftmaxCrossEntropy(0, -100), logits, labels);
                optimizer.step(tape.gradients(value), rate);
                Ops.update(UpdateOp.Assign.COPY, loss, value);
            }
            Ema.update(average, encoder, decay);
        }

        /// All steps; from the fourth on captured, if asked.
        double[] train(Device device, boolean captured) {
            double[] losses = new double[STEPS];
            Replay replay = null;
            for (int k = 0; k < STEPS; k++) {
                rate.upload(schedule.at(k));
                if (replay != null) replay.run();
                else if (captured && k == WARMUP_STEPS) replay = device.backend().capture(this::step);
                else step();
                losses[k] = loss.item();
            }
            scope.close();
            return losses;
        }
    }

    static Stream<String> devices() {
        return Devices.NAMES.stream();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void lowersTheLossOfImagesItSees(String name) {
        Device device = Devices.of(name);
        Run run = new Run(device);
        double[] losses = run.train(device, false);
        assertThat(losses[0]).isEqualTo(losses[1]);             // the learning rate of step 0 is 0
        assertThat(losses[STEPS - 1]).isLessThan(0.5 * losses[0]);
        assertThat(run.optimizer.state().get("step").item()).isEqualTo(STEPS);
        assertThat(run.average.conv1().weight().doubles()).isNotEqualTo(run.encoder.conv1().weight().doubles());
    }

    /// Nothing that changes from step to step is outside the device: neither the learning rate, nor Adam's counter, nor
    /// the running statistics.
    @ParameterizedTest
    @MethodSource("devices")
    void aCapturedStepTrainsAsAnEagerOneDoes(String name) {
        Device device = Devices.of(name);
        Run eager = new Run(device);
        double[] losses = eager.train(device, false);
        Run captured = new Run(device);
        assertThat(captured.train(device, true)).containsExactly(losses);
        for (Map.Entry<String, Tensor> entry : Modules.state(eager.average).entrySet()) {
            Tensor other = Modules.state(captured.average).get(entry.getKey());
            assertThat(other.doubles()).as(entry.getKey()).containsExactly(entry.getValue().doubles());
        }
    }
}
