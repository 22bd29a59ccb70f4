package invar.core;

/// Ops that multiply and sum over an axis: matrix products and convolutions.
public sealed interface ContractionOp extends Op {

    /// C = A B, with A and/or B read transposed. In: A (m, k) and B (k, n), stored as (k, m) and (n, k) where the flag
    /// says so. Out: C (m, n). A leading axis on both makes a batch of products: (b, m, k), (b, k, n) give (b, m, n).
    record MatMul(boolean transposeA, boolean transposeB) implements ContractionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            int rank = in[0].rank();
            if (rank != 2 && rank != 3) throw new ShapeException(this, in, "matrices have 2 axes, batches of them 3");
            Infer.rank(this, in, 1, rank);
            int m = in[0].dim(transposeA ? -1 : -2), k = in[0].dim(transposeA ? -2 : -1);
            int k2 = in[1].dim(transposeB ? -1 : -2), n = in[1].dim(transposeB ? -2 : -1);
            if (k != k2) throw new ShapeException(this, in, "inner extents differ: " + k + " != " + k2);
            if (rank == 2) return new Shape[] {Shape.of(m, n)};
            int b = in[0].dim(0);
            if (in[1].dim(0) != b) throw new ShapeException(this, in, "batch extents differ");
            return new Shape[] {Shape.of(b, m, n)};
        }
    }

    /// Two-dimensional cross-correlation, as deep learning calls convolution:
    /// ```
    /// y[n, o, i, j] = Σ_{c, u, v} w[o, c, u, v] · x[n, g(o) C/G + c, i·stride + u·dilation − padding, …]
    /// ```
    /// with zeros outside x, G groups, and g(o) = ⌊o G / O⌋ the group of output channel o.
    ///
    /// In: x (N, C, H, W); w (O, C/G, kh, kw). Out: y (N, O, H', W'), H' = ⌊(H + 2 padding − dilation (kh − 1) − 1) /
    /// stride⌋ + 1. Pairs are (vertical, horizontal).
    record Conv2d(int strideH, int strideW, int padH, int padW, int dilationH, int dilationW, int groups)
            implements ContractionOp {

        public Conv2d {
            if (strideH < 1 || strideW < 1 || dilationH < 1 || dilationW < 1 || groups < 1 || padH < 0 || padW < 0) {
                throw new IllegalArgumentException(
                        "stride, dilation and groups of a convolution must be at least 1 and padding at least 0");
            }
        }

        /// The usual case: the same stride and padding both ways, no dilation, one group.
        public static Conv2d of(int stride, int padding) {
            return new Conv2d(stride, stride, padding, padding, 1, 1, 1);
        }

        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            Infer.rank(this, in, 0, 4);
            Infer.rank(this, in, 1, 4);
            Shape x = in[0], w = in[1];
            if (x.dim(1) % groups != 0 || w.dim(0) % groups != 0) {
                throw new ShapeException(this, in, "channels must be divisible by the number of groups");
            }
            if (w.dim(1) != x.dim(1) / groups) {
                throw new ShapeException(this, in, "the weight must have C/groups = " + x.dim(1) / groups
                        + " channels, not " + w.dim(1));
            }
            int h = outHeight(x.dim(2), w.dim(2)), v = outWidth(x.dim(3), w.dim(3));
            if (h < 1 || v < 1) throw new ShapeException(this, in, "the kernel is larger than the padded input");
            return new Shape[] {Shape.of(x.dim(0), w.dim(0), h, v)};
        }

        /// H' for an input of height `h` and a kernel of height `kh`; below 1 if the kernel does not fit.
        public int outHeight(int h, int kh) {
            return Math.floorDiv(h + 2 * padH - dilationH * (kh - 1) - 1, strideH) + 1;
        }

        /// W' for an input of width `w` and a kernel of width `kw`; below 1 if the kernel does not fit.
        public int outWidth(int w, int kw) {
            return Math.floorDiv(w + 2 * padW - dilationW * (kw - 1) - 1, strideW) + 1;
        }
    }

    /// The transpose of [Conv2d] in x. In: dy (N, O, H', W'); w (O, C/G, kh, kw). Out: dx (N, C, height, width).
    record Conv2dInputGrad(Conv2d forward, int height, int width) implements ContractionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            Infer.rank(this, in, 0, 4);
            Infer.rank(this, in, 1, 4);
            Shape x = Shape.of(in[0].dim(0), in[1].dim(1) * forward.groups(), height, width);
            Infer.same(this, in, 0, forward.infer(x, in[1])[0]);
            return new Shape[] {x};
        }
    }

    /// The transpose of [Conv2d] in w. In: x (N, C, H, W); dy (N, O, H', W'). Out: dw (O, C/G, kernelH, kernelW).
    record Conv2dWeightGrad(Conv2d forward, int kernelH, int kernelW) implements ContractionOp {
        @Override
        public Shape[] infer(Shape... in) {
            Infer.count(this, in, 2);
            Infer.rank(this, in, 0, 4);
            Infer.rank(this, in, 1, 4);
            Shape w = Shape.of(in[1].dim(1), Math.max(1, in[0].dim(1) / forward.groups()), kernelH, kernelW);
            Infer.same(this, in, 1, forward.infer(in[0], w)[0]);
            return new Shape[] {w};
        }
    }
}
