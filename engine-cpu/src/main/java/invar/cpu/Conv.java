package invar.cpu;

/// Two-dimensional convolution of batches of images (cross-correlation, as deep learning defines it), and its
/// gradients:
/// ```
/// y[n, o, i, j] = Σ_{c, u, v} w[o, c, u, v] · x[n, g(o) C/G + c, i·stride + u·dilation − padding, …]
/// ```
/// with zeros outside x; x (N, C, H, W), w (O, C/G, kh, kw), y (N, O, H', W'), all contiguous, each from an offset on.
///
/// Convolutions with a 3 × 3 window and many channels, and the gradients of their inputs, are made by [ConvWinograd],
/// those with a window of one pixel by [ConvPointwise]; everything else is the sum above, in an order of its own.
///
/// All three write their result over what was there. None makes a copy of all windows of the batch; the working memory
/// of a thread is a few hundred kilobytes, or some megabytes with [ConvWinograd]. Results are the same to the last bit
/// on any number of threads.
final class Conv {

    /// From this batch on, lanes may be images. Below, more than half of the lanes would be empty.
    private static final int IMAGES = Lanes.COLUMNS / 2;

    /// Lanes are pixels where at least this part of them holds one, for images of any number.
    private static final double FILLING = 0.75;

    private Conv() {}

    /// y from x and w.
    static void forward(Parallel p, ConvShape s, float[] x, int xo, float[] w, int wo, float[] y, int yo) {
        if (ConvWinograd.suits(s)) {
            ConvWinograd.forward(p, s, x, xo, w, wo, y, yo);
        } else if (ConvPointwise.suits(s)) {
            ConvPointwise.forward(p, s, x, xo, w, wo, y, yo);
        } else {
            forwardDirect(p, s, x, xo, w, wo, y, yo);
        }
    }

    /// The same as the sum of the formula, whatever the shape.
    static void forwardDirect(Parallel p, ConvShape s, float[] x, int xo, float[] w, int wo, float[] y, int yo) {
        ConvAxis vertical = s.vertical(), horizontal = s.horizontal();
        ConvWeights weights = ConvWeights.forward(p, s, vertical, horizontal, w, wo);
        run(p, s, vertical, horizontal, weights, x, xo, y, yo);
    }

    /// dx = ∂L/∂x from dy = ∂L/∂y and w: each pixel of x gathers from the pixels of y that read it.
    static void inputGrad(Parallel p, ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx, int dxo) {
        if (ConvWinograd.suits(s)) {
            ConvWinograd.inputGrad(p, s, dy, dyo, w, wo, dx, dxo);
        } else if (ConvPointwise.suits(s)) {
            ConvPointwise.inputGrad(p, s, dy, dyo, w, wo, dx, dxo);
        } else {
            inputGradDirect(p, s, dy, dyo, w, wo, dx, dxo);
        }
    }

    /// The same as the sum of the formula, whatever the shape.
    static void inputGradDirect(Parallel p, ConvShape s, float[] dy, int dyo, float[] w, int wo, float[] dx,
            int dxo) {
        ConvAxis vertical = s.verticalTransposed(), horizontal = s.horizontalTransposed();
        ConvWeights weights = ConvWeights.transposed(p, s, vertical, horizontal, w, wo);
        run(p, s, vertical, horizontal, weights, dy, dyo, dx, dxo);
    }

    /// dw = ∂L/∂w from x and dy = ∂L/∂y.
    static void weightGrad(Parallel p, ConvShape s, float[] x, int xo, float[] dy, int dyo, float[] dw, int dwo) {
        if (ConvPointwiseGrad.suits(s)) {
            ConvPointwiseGrad.run(p, s, x, xo, dy, dyo, dw, dwo);
        } else {
            ConvWeightGrad.run(p, s, x, xo, dy, dyo, dw, dwo);
        }
    }

    private static void run(Parallel p, ConvShape s, ConvAxis vertical, ConvAxis horizontal, ConvWeights weights,
            float[] source, int so, float[] result, int ro) {
        if (s.n() < IMAGES || pixelsFillTheLanes(horizontal)) {
            ConvRows.run(p, s.n(), s.groups(), vertical, horizontal, weights, source, so, result, ro);
        } else {
            ConvSweep.run(p, s.n(), s.groups(), vertical, horizontal, weights, source, so, result, ro);
        }
    }

    /// Rows of a tile's width or more, with stride 1. Otherwise images are the better lanes: they skip the taps beside
    /// the image, which are a larger part of a smaller image, and neighbours with a stride are costly to gather.
    private static boolean pixelsFillTheLanes(ConvAxis horizontal) {
        return horizontal.phases() == 1 && horizontal.advance() == 1 && horizontal.places() >= Lanes.COLUMNS
                && ConvRows.filling(horizontal) >= FILLING;
    }
}
