package invar.nn.init;

import invar.core.Philox;
import invar.core.Shape;
import java.util.function.DoubleSupplier;

/// The distribution of a parameter before training. Values are drawn on the host, in double, element by element in
/// row-major order, so they are the same whatever device they are for.
public sealed interface Initializer {

    /// All zeros.
    Initializer ZEROS = new Constant(0);
    /// All ones.
    Initializer ONES = new Constant(1);
    /// For convolutions followed by ReLU: see [Kaiming].
    Initializer KAIMING_FAN_OUT = new Kaiming();

    /// A value for each element of `shape`.
    double[] sample(Shape shape, Philox random);

    /// One value everywhere.
    record Constant(double value) implements Initializer {
        @Override
        public double[] sample(Shape shape, Philox random) {
            return fill(shape, () -> value);
        }
    }

    /// Uniform in [−bound, bound).
    record Uniform(double bound) implements Initializer {
        @Override
        public double[] sample(Shape shape, Philox random) {
            return fill(shape, () -> random.uniform(-bound, bound));
        }
    }

    /// Normal with mean 0.
    record Normal(double deviation) implements Initializer {
        @Override
        public double[] sample(Shape shape, Philox random) {
            return fill(shape, () -> deviation * random.nextGaussian());
        }
    }

    /// Normal with mean 0, conditioned to lie within `limit` deviations: values outside are drawn again. As in
    /// torch.nn.init.trunc_normal_ the deviation is that before truncation; there the limit is ±2 in absolute units.
    record TruncatedNormal(double deviation, double limit) implements Initializer {
        public TruncatedNormal {
            if (!(limit > 0)) {
                throw new IllegalArgumentException("the limit of a truncated normal must be > 0: " + limit);
            }
        }

        @Override
        public double[] sample(Shape shape, Philox random) {
            return fill(shape, () -> {
                double z = random.nextGaussian();
                while (Math.abs(z) > limit) z = random.nextGaussian();
                return deviation * z;
            });
        }
    }

    /// Normal with variance 2 / (O kh kw) for a weight (O, C/groups, kh, kw) or 2 / O for (O, in): keeps the variance
    /// of gradients through ReLU (He et al. 2015, arXiv:1502.01852, Sec. 2.2, backward case; `mode="fan_out"` in
    /// PyTorch, what torchvision's ResNets use).
    record Kaiming() implements Initializer {
        @Override
        public double[] sample(Shape shape, Philox random) {
            long fanOut = shape.dim(0) * shape.product(2, shape.rank());
            return new Normal(Math.sqrt(2.0 / fanOut)).sample(shape, random);
        }
    }

    private static double[] fill(Shape shape, DoubleSupplier next) {
        double[] values = new double[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) values[i] = next.getAsDouble();
        return values;
    }
}
