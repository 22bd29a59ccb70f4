package invar.ssl.data;

import invar.ssl.augment.Normalize;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Mean and standard deviation of the channels of a data set, from exact histograms.
public final class ChannelStatistics {

    private static final int MOST_IMAGES = 20_000;               // far more than two digits need
    private static final double LEAST_STD = 1 / 255.0;           // a channel without contrast must not be blown up

    private ChannelStatistics() {}

    /// The standardisation of a set: x ↦ (x − mean) / std with x in [0, 1], over all pixels of all drawings; of large
    /// sets, of 20,000 images spread evenly.
    public static Normalize of(Dataset set) {
        Dataset images = set.perDrawing();
        ImageShape shape = images.shape();
        int area = shape.height() * shape.width(), count = Math.min(images.size(), MOST_IMAGES);
        long[][] histogram = IntStream.range(0, count).parallel().collect(() -> new long[shape.channels()][256],
                (sum, i) -> {
                    byte[] pixels = new byte[shape.size()];
                    images.read((int) ((long) i * images.size() / count), pixels);
                    for (int k = 0; k < pixels.length; k++) sum[k / area][pixels[k] & 0xFF]++;
                },
                (sum, other) -> {
                    for (int c = 0; c < sum.length; c++) for (int v = 0; v < 256; v++) sum[c][v] += other[c][v];
                });
        List<Double> means = new ArrayList<>(), stds = new ArrayList<>();
        for (long[] channel : histogram) {
            double n = (double) count * area, mean = 0, variance = 0;
            for (int v = 0; v < 256; v++) mean += channel[v] * (v / 255.0) / n;
            for (int v = 0; v < 256; v++) variance += channel[v] * (v / 255.0 - mean) * (v / 255.0 - mean) / n;
            means.add(mean);
            stds.add(Math.max(Math.sqrt(variance), LEAST_STD));
        }
        return new Normalize(means, stds);
    }
}
