package invar.core;

/// Maximum and mean over square windows of an image.
public sealed interface PoolingOp extends Op {

    /// y[n, c, i, j] = max of x over the window at (i·stride − padding, j·stride − padding); padding counts as −∞. In:
    /// x (N, C, H, W). Out: y (N, C, H', W'), H' = ⌊(H + 2 padding − kernel) / stride⌋ + 1; and the place of the first
    /// maximum in row-major order, h·W + w, I32, shaped as y, for the backward pass.
    record MaxPool2d(int kernel, int stride, int padding) implements PoolingOp {
        public MaxPool2d {
            checkWindow(kernel, stride, padding);
        }

        @Override
        public Shape[] infer(Shape... in) {
            Shape y = pooled(this, in, kernel, stride, padding);
            return new Shape[] {y, y};
        }

        @Override
        public boolean integerOutput(int i) {
            return i == 1;
        }
    }

    /// The transpose of [MaxPool2d] for fixed places. In: dy (N, C, H', W'); place, I32, of the same shape. Out: dx
    /// (N, C, height, width).
    record MaxPool2dGrad(int height, int width) implements PoolingOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            Infer.rank(this, in, 0, 4);
            Infer.same(this, in, 1, in[0]);
            return new Shape[] {Shape.of(in[0].dim(0), in[0].dim(1), height, width)};
        }

        @Override
        public boolean integerInput(int i) {
            return i == 1;
        }
    }

    /// y[n, c, i, j] = mean of x over the window at (i·stride − padding, …), zeros outside x counted: the sum over
    /// kernel². In: x (N, C, H, W). Out: y (N, C, H', W').
    record AvgPool2d(int kernel, int stride, int padding) implements PoolingOp {
        public AvgPool2d {
            checkWindow(kernel, stride, padding);
        }

        @Override
        public Shape[] infer(Shape... in) {
            return new Shape[] {pooled(this, in, kernel, stride, padding)};
        }
    }

    /// The transpose of [AvgPool2d]. In: dy (N, C, H', W'). Out: dx (N, C, height, width).
    record AvgPool2dGrad(AvgPool2d forward, int height, int width) implements PoolingOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.rank(this, in, 0, 4);
            Shape x = Shape.of(in[0].dim(0), in[0].dim(1), height, width);
            Infer.same(this, in, 0, forward.infer(x)[0]);
            return Infer.one(this, in, x);
        }
    }

    private static void checkWindow(int kernel, int stride, int padding) {
        if (kernel < 1 || stride < 1 || padding < 0 || 2 * padding > kernel) {
            throw new IllegalArgumentException("a pooling window needs kernel ≥ 1, stride ≥ 1 and 0 ≤ padding ≤ "
                    + "kernel/2, but has kernel " + kernel + ", stride " + stride + ", padding " + padding);
        }
    }

    private static Shape pooled(Op op, Shape[] in, int kernel, int stride, int padding) {
        Infer.count(op, in, 1);
        Infer.rank(op, in, 0, 4);
        int h = Math.floorDiv(in[0].dim(2) + 2 * padding - kernel, stride) + 1;
        int w = Math.floorDiv(in[0].dim(3) + 2 * padding - kernel, stride) + 1;
        if (h < 1 || w < 1) throw new ShapeException(op, in, "the window is larger than the padded input");
        return Shape.of(in[0].dim(0), in[0].dim(1), h, w);
    }
}
