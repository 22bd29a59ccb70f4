package invar.cpu;

import static invar.cpu.Winograd.SIZE;
import static invar.cpu.Winograd.TAPS;

/// The transformed weights U = G g Gᵀ of a 3 × 3 convolution ([Winograd]), packed for [Tile]: for each group and each
/// of the 16 elements of U, panels of rows, `[channel][row]`.
///
/// For the convolution itself rows are output channels and channels are input channels. For the gradient of the input
/// it is the other way round, and the window is turned by half a circle.
///
/// @param packed   group `g`, element `e`, the panel that starts at row `r`, starts at
///                 `((16 g + e) paddedRows + r) · step`
/// @param rows     rows of a group
/// @param channels channels of a group
/// @param step     `channels`, rounded up such that every panel is a whole number of vectors
record WinogradWeights(float[] packed, int rows, int channels, int step) {

    private static final int ELEMENTS = SIZE * SIZE, WINDOW = TAPS * TAPS;

    /// Panels with output channels as rows.
    static WinogradWeights forward(Parallel p, ConvShape s, float[] w, int wo) {
        int in = s.groupInputs(), out = s.groupOutputs();
        return pack(p, s.groups(), out, in, w, wo, in * WINDOW, WINDOW, false);
    }

    /// Panels with input channels as rows.
    static WinogradWeights transposed(Parallel p, ConvShape s, float[] w, int wo) {
        int in = s.groupInputs(), out = s.groupOutputs();
        return pack(p, s.groups(), in, out, w, wo, WINDOW, in * WINDOW, true);
    }

    /// Where the panels of an element start.
    int element(int group, int element) {
        return (group * ELEMENTS + element) * Tile.paddedRows(rows) * step;
    }

    private static WinogradWeights pack(Parallel p, int groups, int rows, int channels, float[] w, int wo, int rowStep,
            int channelStep, boolean turned) {
        int padded = Tile.paddedRows(rows), panels = Tile.panels(rows);
        int step = (channels + 3) / 4 * 4;                     // panels have 4, 6 or 8 rows: 16, 24 or 32 numbers
        float[] packed = Scratch.WEIGHTS.floats(groups * ELEMENTS * padded * step);
        WinogradWeights all = new WinogradWeights(packed, rows, channels, step);
        int each = Math.max(1, 8192 / (step * ELEMENTS * Tile.ROWS)), tasks = (panels + each - 1) / each;
        p.run(groups * tasks, task -> {
            int group = task / tasks, first = task % tasks * each;
            float[] taps = Scratch.TRANSFORMED.floats(WINDOW * step * Tile.ROWS);
            for (int panel = first; panel < Math.min(panels, first + each); panel++) {
                int row = Tile.start(panel, rows), height = Tile.height(rows - row), length = step * height;
                int at = wo + group * rows * channels * WINDOW + row * rowStep;
                for (int tap = 0; tap < WINDOW; tap++) {
                    Panels.packPanel(w, at + (turned ? WINDOW - 1 - tap : tap), rowStep, channelStep,
                            Math.min(height, rows - row), channels, height, taps, tap * length);
                }
                for (int i = 0; i < SIZE; i++) {
                    Winograd.weights(taps, 0, i, length, packed, all.element(group, i * SIZE) + row * step,
                            padded * step);
                }
            }
        });
        return all;
    }
}
