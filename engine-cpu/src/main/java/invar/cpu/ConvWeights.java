package invar.cpu;

/// The weights of a convolution, packed for [Tile]: for each group and each panel of rows, `[tap][channel][row]`. Taps
/// are sorted by the class of the horizontal axis, then by the order of the vertical axis, then by that of the
/// horizontal one, so that all taps of a pixel follow each other ([ConvAxis]).
///
/// For the convolution itself rows are output channels and channels are input channels; for the gradient of the input
/// it is the other way round.
///
/// @param packed   group `g`, the panel that starts at row `r`, starts at `(g · paddedRows + r) · depth`
/// @param rows     rows of a group
/// @param channels channels of a group
/// @param depth    taps · channels
record ConvWeights(float[] packed, int rows, int channels, int depth) {

    /// Panels with output channels as rows.
    static ConvWeights forward(Parallel p, ConvShape s, ConvAxis vertical, ConvAxis horizontal, float[] w, int wo) {
        int in = s.groupInputs(), out = s.groupOutputs(), window = s.window();
        return pack(p, s.groups(), out, in, vertical, horizontal, w, wo, in * window, window, out * in * window);
    }

    /// Panels with input channels as rows.
    static ConvWeights transposed(Parallel p, ConvShape s, ConvAxis vertical, ConvAxis horizontal, float[] w, int wo) {
        int in = s.groupInputs(), out = s.groupOutputs(), window = s.window();
        return pack(p, s.groups(), in, out, vertical, horizontal, w, wo, window, in * window, out * in * window);
    }

    /// Where the tap at these positions of the two orders is in a panel.
    static int tap(ConvAxis vertical, ConvAxis horizontal, int u, int v) {
        int c = horizontal.classOf(v), start = horizontal.classes()[c], end = horizontal.classes()[c + 1];
        return start * vertical.taps() + u * (end - start) + v - start;
    }

    private static ConvWeights pack(Parallel p, int groups, int rows, int channels, ConvAxis vertical,
            ConvAxis horizontal, float[] w, int wo, int rowStep, int channelStep, int groupStep) {
        int width = horizontal.taps(), taps = vertical.taps() * width, depth = taps * channels;
        int padded = Tile.paddedRows(rows);
        float[] packed = Scratch.WEIGHTS.floats(groups * padded * depth);
        int panels = Tile.panels(rows), each = Math.max(1, 8192 / depth / Tile.ROWS);    // of a task, about 10 µs
        int tasks = (panels + each - 1) / each;
        p.run(groups * tasks, task -> {
            int group = task / tasks, first = task % tasks * each;
            for (int panel = first; panel < Math.min(panels, first + each); panel++) {
                int row = Tile.start(panel, rows), height = Tile.height(rows - row);
                for (int u = 0; u < vertical.taps(); u++) {
                    for (int v = 0; v < width; v++) {
                        int place = vertical.order()[u] * width + horizontal.order()[v];
                        int tap = tap(vertical, horizontal, u, v);
                        Panels.packPanel(w, wo + group * groupStep + row * rowStep + place, rowStep, channelStep,
                                Math.min(height, rows - row), channels, height, packed,
                                (group * padded + row) * depth + tap * channels * height);
                    }
                }
            }
        });
        return new ConvWeights(packed, rows, channels, depth);
    }
}
