package invar.benchmarks.work;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;

/// A convolution of N images (C, H, H) with O square filters, padded by half the filter, or one of its gradients.
public final class ConvWork extends Workload {

    /// Which of the three products.
    public enum Which {
        /// y from x and w.
        FORWARD,
        /// dx from dy and w.
        INPUT_GRAD,
        /// dw from x and dy.
        WEIGHT_GRAD
    }

    /// The sizes of a convolution.
    ///
    /// @param n      images
    /// @param c      channels in
    /// @param size   H, height and width of an image
    /// @param o      channels out
    /// @param kernel height and width of a filter, odd
    /// @param stride both ways
    public record Sizes(int n, int c, int size, int o, int kernel, int stride) {

        /// Of the output.
        public int outSize() {
            return conv().outHeight(size, kernel);
        }

        /// As the engine calls it.
        public Conv2d conv() {
            return Conv2d.of(stride, kernel / 2);
        }

        /// Operations of each of the three products, a multiplication and an addition for each term.
        public double flops() {
            return 2.0 * n * o * outSize() * outSize() * c * kernel * kernel;
        }
    }

    private final Sizes sizes;
    private final Which which;
    private final Tensor x, w, dy;

    public ConvWork(Device device, Sizes sizes, Which which) {
        super(device);
        this.sizes = sizes;
        this.which = which;
        int out = sizes.outSize();
        this.x = input(1, sizes.n, sizes.c, sizes.size, sizes.size);
        this.w = input(2, sizes.o, sizes.c, sizes.kernel, sizes.kernel);
        this.dy = input(3, sizes.n, sizes.o, out, out);
    }

    @Override
    protected Tensor[] compute() {
        return new Tensor[] {result(x, w, dy)};
    }

    private Tensor result(Tensor images, Tensor weight, Tensor slope) {
        return switch (which) {
            case FORWARD -> images.conv2d(weight, sizes.conv());
            case INPUT_GRAD -> Ops.run(new Conv2dInputGrad(sizes.conv(), sizes.size, sizes.size), slope, weight);
            case WEIGHT_GRAD -> Ops.run(new Conv2dWeightGrad(sizes.conv(), sizes.kernel, sizes.kernel), images, slope);
        };
    }

    @Override
    protected Workload small(Device on) {
        Sizes few = new Sizes(Math.min(sizes.n, 9), Math.min(sizes.c, 5), Math.min(sizes.size, 9),
                Math.min(sizes.o, 11), sizes.kernel, sizes.stride);
        return new ConvWork(on, few, which);
    }

    /// What belongs to one image, or to one filter, can be computed alone.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] result = out[0].floats();
        int parts = which == Which.WEIGHT_GRAD ? sizes.o : sizes.n, length = result.length / parts;
        for (int part : new int[] {0, parts - 1}) {
            try (Device reference = Device.open("reference")) {
                double[] expected = alone(reference, part).doubles();
                guard.agree("part " + part, expected, DoubleRows.rows(result, length, part));
            }
        }
    }

    private Tensor alone(Device reference, int part) {
        int out = sizes.outSize(), area = sizes.size * sizes.size;
        if (which != Which.WEIGHT_GRAD) {
            Tensor image = reference.tensor(Shape.of(1, sizes.c, sizes.size, sizes.size),
                    DoubleRows.rows(x.floats(), sizes.c * area, part));
            Tensor slope = reference.tensor(Shape.of(1, sizes.o, out, out),
                    DoubleRows.rows(dy.floats(), sizes.o * out * out, part));
            return result(image, reference.tensor(w.shape(), w.doubles()), slope);
        }
        float[] slopes = dy.floats();
        double[] ofFilter = new double[sizes.n * out * out];
        for (int i = 0; i < sizes.n; i++) {
            for (int p = 0; p < out * out; p++) {
                ofFilter[i * out * out + p] = slopes[(i * sizes.o + part) * out * out + p];
            }
        }
        Tensor slope = reference.tensor(Shape.of(sizes.n, 1, out, out), ofFilter);
        return result(reference.tensor(x.shape(), x.doubles()), null, slope);
    }

    @Override
    public String toString() {
        return "convolution " + sizes + ", " + which;
    }
}
