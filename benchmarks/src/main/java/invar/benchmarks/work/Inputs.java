package invar.benchmarks.work;

import java.util.SplittableRandom;

/// Numbers to compute with, the same in every process.
public final class Inputs {

    private Inputs() {}

    /// `n` numbers of mean 0 and variance 1, bell-shaped: sums of four uniform ones, within ±3.5.
    public static float[] normal(long seed, int n) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            long bits = random.nextLong();
            long sum = (bits & 0xFFFF) + (bits >>> 16 & 0xFFFF) + (bits >>> 32 & 0xFFFF) + (bits >>> 48);
            values[i] = (float) ((sum / 65535.0 - 2) * 1.7320508075688772);            // a uniform has variance 1/12
        }
        return values;
    }

    /// `rows` random vectors of length 1, one after the other.
    public static float[] unitRows(long seed, int rows, int d) {
        float[] values = normal(seed, rows * d);
        for (int i = 0; i < rows; i++) {
            double squares = 0;
            for (int k = i * d; k < (i + 1) * d; k++) squares += (double) values[k] * values[k];
            double inverse = 1 / Math.sqrt(squares);
            for (int k = i * d; k < (i + 1) * d; k++) values[k] *= (float) inverse;
        }
        return values;
    }

    /// `n` labels in 0 … classes − 1.
    public static int[] labels(long seed, int n, int classes) {
        return new SplittableRandom(seed).ints(n, 0, classes).toArray();
    }

    /// Some places in 0 … n − 1: both ends and others between, ascending, without repetition.
    public static int[] places(int n, int most) {
        if (n <= most) {
            int[] all = new int[n];
            for (int i = 0; i < n; i++) all[i] = i;
            return all;
        }
        int[] places = new int[most];
        for (int i = 0; i < most; i++) places[i] = (int) ((long) i * (n - 1) / (most - 1));
        return places;
    }
}
