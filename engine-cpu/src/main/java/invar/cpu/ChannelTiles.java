package invar.cpu;

/// How a tensor (n, c, inner) is cut into tiles of neighbouring images and channels, one a task: for sums and maps over
/// channels. The cut follows from the extents alone.
///
/// @param n      images, or rows
/// @param c      channels, or columns
/// @param inner  elements of a channel of an image that are neighbours; 1 for a matrix
record ChannelTiles(int n, int c, int inner) {

    /// Elements of a tile: 128 KiB, read once.
    private static final int SIZE = 1 << 15;

    /// Neighbouring elements of an image in a tile: 4 KiB, a page, and enough images remain for the sums over them to
    /// be long in comparison with their number.
    private static final int ACROSS = 1 << 10;

    /// From here on a channel of an image is long enough to be gone through by itself. Shorter ones are taken side by
    /// side: a lane for each position in the image.
    private static final int LONG = 16;

    /// One tile.
    interface Body {
        void visit(int rowTile, int row, int rows, int channel, int channels);
    }

    /// Whether channels are gone through one by one, because they are long.
    boolean byChannel() {
        return inner >= LONG;
    }

    private int channelsPerTile() {
        return Math.clamp(ACROSS / inner, 1, c);
    }

    private int rowsPerTile() {
        return Math.clamp(SIZE / ((long) channelsPerTile() * inner), 1, n);
    }

    /// Tiles one below the other.
    int rowTiles() {
        return (n + rowsPerTile() - 1) / rowsPerTile();
    }

    void each(Parallel parallel, Body body) {
        int channels = channelsPerTile(), rows = rowsPerTile(), across = (c + channels - 1) / channels;
        parallel.run(rowTiles() * across, task -> {
            int rowTile = task / across, row = rowTile * rows, channel = task % across * channels;
            body.visit(rowTile, row, Math.min(rows, n - row), channel, Math.min(channels, c - channel));
        });
    }

    /// Where a channel of an image begins.
    int at(int row, int channel) {
        return (row * c + channel) * inner;
    }

    /// Elements between an image and the next.
    int stride() {
        return c * inner;
    }

    /// Values of one channel: M in the formulas.
    double count() {
        return (double) n * inner;
    }

    /// One number for each position of `channels` neighbouring channels.
    void spread(float[] perChannel, int from, int channels, float[] perPosition, int to) {
        for (int k = 0; k < channels; k++) {
            for (int i = 0; i < inner; i++) perPosition[to + k * inner + i] = perChannel[from + k];
        }
    }
}
