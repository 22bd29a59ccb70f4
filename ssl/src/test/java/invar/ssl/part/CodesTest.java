package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.Step;
import invar.ssl.UserError;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Batches of 2 and a queue of 6: filled from epoch 1, step 3, and so full at step 6.
class CodesTest {

    private static final Device DEVICE = Device.open("reference");
    private static final int N = 2, K = 5, D = 3, QUEUE = 6, STEPS = 3;
    private static final Sinkhorn SINKHORN = new Sinkhorn(0.5, 3);

    private final Prototypes prototypes = new Prototypes(units(K, 1));
    private final Codes codes = Codes.of(setup(), SINKHORN, K, D, QUEUE, 1);
    private final Step step = new Step(DEVICE);

    @Test
    void areThoseOfTheBatchAloneUntilTheQueueIsFull() {
        for (int k = 0; k < 6; k++) {
            List<Tensor> q = run(k);
            for (int v = 0; v < 2; v++) {
                assertThat(q.get(v).doubles()).as("step %d", k)
                        .isEqualTo(SINKHORN.assign(prototypes.scores(z(k, v))).doubles());
            }
        }
    }

    /// In the official code the rows of the queue come first, and the last N of the result are used.
    @Test
    void areTheLastRowsOfAnAssignmentTogetherWithTheQueue() {
        for (int k = 0; k < 6; k++) run(k);
        for (int k = 6; k < 12; k++) {
            prototypes.weight().upload(units(K, 100 + k).doubles());         // they move: old scores are of no use
            List<Tensor> q = run(k);
            for (int v = 0; v < 2; v++) {
                Tensor all = z(k - 1, v).concat(0, z(k - 2, v), z(k - 3, v), z(k, v));
                double[] expected = naive(prototypes.scores(all).doubles(), QUEUE + N);
                assertThat(q.get(v).shape()).isEqualTo(Shape.of(N, K));
                assertThat(q.get(v).doubles()).as("step %d", k).containsExactly(
                        Arrays.copyOfRange(expected, QUEUE * K, expected.length), within(1e-13));
                Tensor alone = SINKHORN.assign(prototypes.scores(z(k, v)));
                assertThat(q.get(v).sub(alone).abs().maximum().item()).isGreaterThan(1e-3);
            }
        }
    }

    @Test
    void keepTheLastBatchesOfTheirView() {
        for (int k = 0; k < 3; k++) run(k);
        assertThat(codes.queues().get(1).rows().doubles()).containsOnly(0);
        for (int k = 3; k < 7; k++) run(k);
        for (int v = 0; v < 2; v++) {
            double[] expected = z(6, v).concat(0, z(4, v), z(5, v)).doubles();                // a ring
            assertThat(codes.queues().get(v).rows().doubles()).isEqualTo(expected);
        }
    }

    @Test
    void areConstants() {
        for (int k = 0; k < 6; k++) run(k);
        step.moveTo(6);
        Tensor z = z(6, 0);
        try (Tape tape = Tape.watching(z, prototypes.weight(), codes.queues().get(0).rows())) {
            Tensor q = codes.assign(List.of(prototypes.scores(z)), prototypes, step).getFirst();
            assertThat(tape.gradients(q.square().sum()).reach(z)).isFalse();
            assertThat(tape.size()).isOne();                                  // the scores that were given
        }
    }

    @Test
    void countThePrototypesThatAreNearestInAnEpoch() {
        Tensor first = DEVICE.tensor(Shape.of(2, K), 0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0, 1, 0);
        Tensor second = DEVICE.tensor(Shape.of(2, K), 0.9, 0.1, 0, 0, 0, 0, 0, 0, 1, 0);
        count(0, first);
        assertThat(codes.share()).isCloseTo(0.2, within(1e-15));
        count(1, second);
        count(2, first);
        assertThat(codes.share()).isCloseTo(0.4, within(1e-15));
        count(3, first);                                                      // a new epoch
        assertThat(codes.share()).isCloseTo(0.2, within(1e-15));
    }

    @Test
    void haveAQueueOfWholeBatchesOrNone() {
        assertThat(Codes.of(setup(), SINKHORN, K, D, 0, 1).queues()).isEmpty();
        assertThatThrownBy(() -> Codes.of(setup(), SINKHORN, K, D, 7, 1)).isInstanceOf(UserError.class)
                .hasMessage("The setting queue is 7, but it must be a multiple of the batch, which is 2.");
    }

    /// One step, of which the codes are returned.
    private List<Tensor> run(int k) {
        step.moveTo(k);
        List<Tensor> z = List.of(z(k, 0), z(k, 1));
        List<Tensor> q = codes.assign(z.stream().map(prototypes::scores).toList(), prototypes, step);
        codes.update(z, q, step);
        return q;
    }

    private void count(int k, Tensor q) {
        step.moveTo(k);
        codes.beforeStep(step);
        codes.update(List.of(z(k, 0), z(k, 1)), List.of(q), step);
    }

    /// Three times: every prototype's column divided by its sum, then every sample's row.
    private static double[] naive(double[] scores, int n) {
        double[] q = Arrays.stream(scores).map(s -> Math.exp(s / 0.5)).toArray();
        for (int t = 0; t < 3; t++) {
            for (int k = 0; k < K; k++) {
                double sum = 0;
                for (int i = 0; i < n; i++) sum += q[i * K + k];
                for (int i = 0; i < n; i++) q[i * K + k] /= sum;
            }
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int k = 0; k < K; k++) sum += q[i * K + k];
                for (int k = 0; k < K; k++) q[i * K + k] /= sum;
            }
        }
        return q;
    }

    private static Tensor z(int k, int view) {
        return units(N, 10 + 2 * k + view);
    }

    private static Tensor units(int rows, long seed) {
        Philox random = new Philox(seed, 1);
        return Losses.normalize(DEVICE.tensor(Shape.of(rows, D),
                IntStream.range(0, rows * D).mapToDouble(i -> random.nextGaussian()).toArray()));
    }

    private static Setup setup() {
        Init init = new Init(DEVICE, 4);
        ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 1, ResNet.Stem.SMALL));
        return new Setup(encoder, encoder.features(), 7, 0, 8, N, STEPS, 12, init);
    }
}
