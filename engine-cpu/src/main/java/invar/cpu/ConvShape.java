package invar.cpu;

import invar.core.ContractionOp.Conv2d;

/// The extents of one convolution: x (n, c, h, w), weight (o, c/groups, kh, kw), y (n, o, outHeight, outWidth).
///
/// The op has checked that they fit ([Conv2d#infer]).
record ConvShape(Conv2d op, int n, int c, int h, int w, int o, int kh, int kw) {

    int outHeight() {
        return op.outHeight(h, kh);
    }

    int outWidth() {
        return op.outWidth(w, kw);
    }

    int groups() {
        return op.groups();
    }

    /// Input channels of a group.
    int groupInputs() {
        return c / op.groups();
    }

    /// Output channels of a group.
    int groupOutputs() {
        return o / op.groups();
    }

    /// Elements of the window, one channel of it.
    int window() {
        return kh * kw;
    }

    /// The rows of x that the rows of y read.
    ConvAxis vertical() {
        return ConvAxis.forward(h, outHeight(), kh, op.strideH(), op.padH(), op.dilationH());
    }

    /// The columns of x that the columns of y read.
    ConvAxis horizontal() {
        return ConvAxis.forward(w, outWidth(), kw, op.strideW(), op.padW(), op.dilationW());
    }

    /// The rows of y that read the rows of x.
    ConvAxis verticalTransposed() {
        return ConvAxis.transposed(h, outHeight(), kh, op.strideH(), op.padH(), op.dilationH());
    }

    /// The columns of y that read the columns of x.
    ConvAxis horizontalTransposed() {
        return ConvAxis.transposed(w, outWidth(), kw, op.strideW(), op.padW(), op.dilationW());
    }
}
