package invar.core.testkit;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.function.DoubleUnaryOperator;

/// One input of a [Case]: numbers that are exact in float, so that every backend starts from the same ones.
///
/// @param values the elements, row-major
/// @param integer whether the tensor is I32
public record Input(Shape shape, double[] values, boolean integer) {

    public Input {
        if (values.length != shape.elements()) {
            throw new IllegalArgumentException(values.length + " values for the shape " + shape);
        }
    }

    /// These numbers, rounded to float.
    public static Input of(Shape shape, double... values) {
        double[] rounded = new double[values.length];
        for (int i = 0; i < rounded.length; i++) rounded[i] = (float) values[i];
        return new Input(shape, rounded, false);
    }

    /// A scalar, rounded to float.
    public static Input scalar(double value) {
        return of(Shape.of(), value);
    }

    /// Integers.
    public static Input integers(Shape shape, int... values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) wide[i] = values[i];
        return new Input(shape, wide, true);
    }

    /// Standard normal numbers of one Philox stream.
    public static Input gaussian(long seed, Shape shape) {
        Philox random = new Philox(seed, shape.hashCode());
        double[] values = new double[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) values[i] = random.nextGaussian();
        return of(shape, values);
    }

    /// Uniform integers in 0 … bound − 1.
    public static Input integersBelow(int bound, long seed, Shape shape) {
        Philox random = new Philox(seed, shape.hashCode());
        int[] values = new int[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) values[i] = random.nextInt(bound);
        return integers(shape, values);
    }

    /// Every value changed by `f` and rounded to float.
    public Input map(DoubleUnaryOperator f) {
        double[] mapped = new double[values.length];
        for (int i = 0; i < mapped.length; i++) mapped[i] = f.applyAsDouble(values[i]);
        return of(shape, mapped);
    }

    /// c x
    public Input scale(double c) {
        return map(x -> c * x);
    }

    /// Every row (of the first axis) whose number leaves the rest `which` on division by `every`, times c: rows of
    /// zeros for c = 0, tiny rows, outliers.
    public Input scaleRows(int every, int which, double c) {
        double[] scaled = values.clone();
        int width = scaled.length / shape.dim(0);
        for (int i = 0; i < scaled.length; i++) {
            if (i / width % every == which) scaled[i] *= c;
        }
        return of(shape, scaled);
    }

    /// Single elements replaced: every `every`-th, from the first on.
    public Input withEvery(int every, double value) {
        double[] replaced = values.clone();
        for (int i = 0; i < replaced.length; i += every) replaced[i] = value;
        return of(shape, replaced);
    }

    /// Each value moved by up to `ulp` of itself; integers stay.
    Input noisy(Philox random, double ulp) {
        if (integer) return this;
        double[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) moved[i] = NoisyBackend.moved(moved[i], random, ulp);
        return new Input(shape, moved, false);
    }

    /// The tensor, in the current scope of the device.
    Tensor on(Device device) {
        return integer ? device.integers(shape, ints()) : device.tensor(shape, values);
    }

    int[] ints() {
        int[] ints = new int[values.length];
        for (int i = 0; i < ints.length; i++) ints[i] = (int) values[i];
        return ints;
    }
}
