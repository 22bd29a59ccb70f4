package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Gradients;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Checks the gradient that a fused op derives by hand: it must be that of its composition, differentiated op by op,
/// and both must be that of central differences. In double precision, on the reference backend.
public final class FusedGradient {

    private FusedGradient() {}

    /// Compares the gradients for all floating inputs, under a random gradient of the first output, in all three ways.
    public static void check(Op.Fused op, long seed, Tensor... in) {
        boolean[] varied = checkComposition(op, seed, in);
        Tensor[] some = IntStream.range(0, in.length).filter(i -> varied[i]).mapToObj(i -> in[i])
                .toArray(Tensor[]::new);
        assertThat(GradCheck.worst(x -> op.reference(merged(in, varied, x))[0], 3, seed, some))
                .as("%s against central differences", op)
                .isLessThan(1e-7);
    }

    /// The same without central differences, for inputs beside a kink: rows of zeros.
    ///
    /// @return which inputs have a gradient; a floating one without is a constant for the composition too
    public static boolean[] checkComposition(Op.Fused op, long seed, Tensor... in) {
        boolean[] varied = new boolean[in.length];
        List<Tensor> floating = Stream.of(in).filter(x -> x.dtype().floating()).toList();
        Tensor[] out = op.reference(in);
        Tensor dy = gaussian(in[0].device(), seed, out[0].shape());
        Tensor[] byHand = op.vjp(in, out, new Tensor[] {dy});
        try (Tape tape = Tape.watching(floating)) {
            Gradients composed = tape.gradients(op.reference(in)[0], dy);
            for (int i = 0; i < in.length; i++) {
                if (!in[i].dtype().floating()) continue;
                varied[i] = byHand[i] != null;
                assertThat(composed.reach(in[i])).as("%s has a gradient for input %d", op, i).isEqualTo(varied[i]);
                if (!varied[i]) continue;
                double[] expected = composed.of(in[i]).doubles();
                assertThat(byHand[i].shape()).as("%s: shape of gradient %d", op, i).isEqualTo(in[i].shape());
                assertThat(worst(expected, byHand[i].doubles()))
                        .as("%s: relative difference of the gradients of input %d", op, i)
                        .isLessThan(1e-11);
            }
        }
        return varied;
    }

    private static Tensor[] merged(Tensor[] in, boolean[] varied, Tensor[] some) {
        Tensor[] all = in.clone();
        for (int i = 0, next = 0; i < all.length; i++) {
            if (varied[i]) all[i] = some[next++];
        }
        return all;
    }

    /// Largest difference, relative to the largest expected value or to 1, the size of dy, where all cancels.
    private static double worst(double[] expected, double[] actual) {
        double scale = 1, worst = 0;
        for (int i = 0; i < expected.length; i++) {
            scale = Math.max(scale, Math.abs(expected[i]));
            worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
        }
        return worst / scale;
    }

    /// Standard normal numbers from one Philox stream.
    public static Tensor gaussian(Device device, long seed, Shape shape) {
        Tensor x = device.zeros(shape);
        Ops.update(new UpdateOp.Random(UpdateOp.Distribution.NORMAL, seed, 0), x);
        return x;
    }
}
