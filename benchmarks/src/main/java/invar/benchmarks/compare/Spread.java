package invar.benchmarks.compare;

import java.util.Arrays;

/// Median and quartiles of repeated measurements.
public record Spread(double low, double median, double high) {

    /// Of at least one value.
    public static Spread of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return new Spread(quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75));
    }

    private static double quantile(double[] sorted, double q) {
        double at = q * (sorted.length - 1);
        int below = (int) at;
        double above = sorted[Math.min(below + 1, sorted.length - 1)];
        return sorted[below] + (at - below) * (above - sorted[below]);
    }

    /// Half the distance between the quartiles, as a part of the median.
    public double relative() {
        return (high - low) / 2 / median;
    }
}
