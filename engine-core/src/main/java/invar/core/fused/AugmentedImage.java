package invar.core.fused;

/// One view in the making, in double precision: the formulas of [AugmentImages], each as a plain loop.
final class AugmentedImage {

    final double[] values;                                       // (3, S, S)
    private final int side, area;

    AugmentedImage(int side) {
        this.side = side;
        this.area = side * side;
        this.values = new double[3 * area];
    }

    /// Cuts the box out of the image that begins at integer `image`, and resizes it; the box is at `rows[at …]`.
    void crop(int[] images, int image, int height, int width, double[] rows, int at) {
        int top = whole(rows[at]), left = whole(rows[at + 1]);
        int boxHeight = whole(rows[at + 2]), boxWidth = whole(rows[at + 3]);
        double[][] down = new double[side][], across = new double[side][];
        for (int i = 0; i < side; i++) {
            down[i] = weights(boxHeight, i);
            across[i] = weights(boxWidth, i);
        }
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < side; i++) {
                for (int j = 0; j < side; j++) {
                    double sum = 0;
                    for (int y = 0; y < boxHeight; y++) {
                        if (down[i][y] == 0) continue;
                        for (int x = 0; x < boxWidth; x++) {
                            if (across[j][x] == 0) continue;
                            int row = top + y, column = left + x;
                            if (row < 0 || row >= height || column < 0 || column >= width) continue;
                            int place = (c * height + row) * width + column;
                            int value = images[image + place / 4] >> 8 * (place % 4) & 0xFF;
                            sum += down[i][y] * across[j][x] * (value / 255.0);
                        }
                    }
                    values[c * area + i * side + j] = sum;
                }
            }
        }
    }

    /// Of the `n` pixels of an axis, for output pixel `i`.
    private double[] weights(int n, int i) {
        double scale = (double) n / side, support = Math.max(scale, 1), centre = scale * (i + 0.5);
        if (support == 1) centre = Math.clamp(centre, 0.5, n - 0.5);         // the border pixel repeats
        double[] weights = new double[n];
        double sum = 0;
        for (int j = 0; j < n; j++) {
            weights[j] = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / support);
            sum += weights[j];
        }
        for (int j = 0; j < n; j++) weights[j] /= sum;
        return weights;
    }

    static int whole(double x) {
        return (int) Math.rint(x);
    }

    void change(AugmentImages.Change change, double a, double b) {
        switch (change) {
            case NONE -> {}
            case FLIP -> flip();
            case BRIGHTNESS -> blend(a, 0);
            case CONTRAST -> contrast(a);
            case SATURATION -> saturation(a);
            case HUE -> hue(a);
            case GREY -> {
                for (int i = 0; i < area; i++) {
                    double grey = grey(i);
                    for (int c = 0; c < 3; c++) values[c * area + i] = grey;
                }
            }
            case BLUR -> blur(a, whole(b));
            case SOLARIZE -> {
                for (int i = 0; i < values.length; i++) values[i] = values[i] >= a ? 1 - values[i] : values[i];
            }
            case NORMALIZE_RED -> normalize(0, a, b);
            case NORMALIZE_GREEN -> normalize(1, a, b);
            case NORMALIZE_BLUE -> normalize(2, a, b);
        }
    }

    private double grey(int i) {
        return 0.2989 * values[i] + 0.587 * values[area + i] + 0.114 * values[2 * area + i];
    }

    private static double unit(double x) {
        return Math.min(Math.max(x, 0), 1);
    }

    private void flip() {
        for (int row = 0; row < 3 * side; row++) {
            for (int i = row * side, j = i + side - 1; i < j; i++, j--) {
                double swap = values[i];
                values[i] = values[j];
                values[j] = swap;
            }
        }
    }

    private void blend(double factor, double shift) {
        for (int i = 0; i < values.length; i++) values[i] = unit(factor * values[i] + shift);
    }

    private void contrast(double factor) {
        double sum = 0;
        for (int i = 0; i < area; i++) sum += grey(i);
        blend(factor, (1 - factor) * sum / area);
    }

    private void saturation(double factor) {
        for (int i = 0; i < area; i++) {
            double grey = (1 - factor) * grey(i);
            for (int c = 0; c < 3; c++) values[c * area + i] = unit(factor * values[c * area + i] + grey);
        }
    }

    /// With m the least and m + d the largest channel, the hue in sextants is h = ±(1 + (g + b − r − m) / d), negative
    /// where g < b; a channel whose own hue is c becomes m + d clamp(2 − |h − c|, 0, 1), distances around a circle
    /// of 6.
    private void hue(double turns) {
        for (int i = 0; i < area; i++) {
            double r = values[i], g = values[area + i], b = values[2 * area + i];
            double least = Math.min(r, Math.min(g, b)), d = Math.max(r, Math.max(g, b)) - least;
            if (d == 0) continue;
            double h = 6 * turns + (g < b ? -1 : 1) * (1 + (g + b - r - least) / d);
            for (int c = 0; c < 3; c++) {
                double distance = Math.abs(h - 2 * c), around = Math.min(distance, Math.abs(distance - 6));
                values[c * area + i] = least + d * unit(2 - around);
            }
        }
    }

    private void blur(double sigma, int size) {
        int r = size / 2;
        double[] kernel = new double[size];
        double sum = 0;
        for (int i = 0; i < size; i++) sum += kernel[i] = Math.exp(-(i - r) * (i - r) / (2 * sigma * sigma));
        for (int stride : new int[] {1, side}) {                             // along rows, then along columns
            double[] from = values.clone();
            for (int i = 0; i < values.length; i++) {
                int along = i / stride % side;
                double y = 0;
                for (int k = 0; k < size; k++) {
                    int j = Math.abs(along + k - r), mirrored = j < side ? j : 2 * (side - 1) - j;
                    y += kernel[k] / sum * from[i + (mirrored - along) * stride];
                }
                values[i] = y;
            }
        }
    }

    private void normalize(int channel, double mean, double std) {
        for (int i = channel * area; i < (channel + 1) * area; i++) values[i] = (values[i] - mean) / std;
    }
}
