package invar.ssl.augment;

/// One RGB image in the making: three planes of floats, normally in [0, 1], that augmentations change in place.
///
/// Reused for image after image, so that a worker makes no garbage; not thread-safe, one for each worker. The planes
/// are three arrays and not one, because the JIT vectorises a loop over `r[i], g[i], b[i]` but, as it cannot rule out
/// that they overlap, not one over `x[i], x[n + i], x[2n + i]`.
public final class ImageBuffer {

    /// Red, green, blue.
    public static final int CHANNELS = 3;

    private static final float[] UNIT = new float[256];           // k ↦ k/255, rounded once
    static {
        for (int k = 0; k < UNIT.length; k++) UNIT[k] = k / 255f;
    }

    final Resampler resampler = new Resampler();
    private float[][] planes = new float[CHANNELS][0], spare = new float[CHANNELS][0];
    private int height, width, capacity;
    private ImageBuffer part;

    /// Takes over an image of bytes; 0 … 255 becomes 0 … 1.
    ///
    /// @param rgb (3, H, W) row-major, unsigned
    /// @return this
    public ImageBuffer load(byte[] rgb, int height, int width) {
        resize(height, width);
        int n = height * width;
        for (int c = 0; c < CHANNELS; c++) {
            float[] plane = planes[c];
            for (int i = 0, from = c * n; i < n; i++) plane[i] = UNIT[rgb[from + i] & 0xFF];
        }
        return this;
    }

    /// Takes over an image of floats.
    ///
    /// @param rgb holds (3, H, W) row-major from `offset` on
    /// @return this
    public ImageBuffer load(float[] rgb, int offset, int height, int width) {
        resize(height, width);
        int n = height * width;
        for (int c = 0; c < CHANNELS; c++) System.arraycopy(rgb, offset + c * n, planes[c], 0, n);
        return this;
    }

    /// Writes the image, (3, H, W) row-major, into `target` from `offset` on.
    public void copyTo(float[] target, int offset) {
        int n = height * width;
        for (int c = 0; c < CHANNELS; c++) System.arraycopy(planes[c], 0, target, offset + c * n, n);
    }

    /// Writes the image as bytes, (3, H, W) row-major: rounded to the nearest of 0 … 255, values outside are clamped.
    public void copyTo(byte[] target) {
        int n = height * width;
        for (int c = 0; c < CHANNELS; c++)
            for (int i = 0; i < n; i++)
                target[c * n + i] = (byte) (Math.clamp(planes[c][i], 0f, 1f) * 255f + 0.5f);
    }

    /// H.
    public int height() {
        return height;
    }

    /// W.
    public int width() {
        return width;
    }

    /// H · W.
    public int area() {
        return height * width;
    }

    /// The plane of channel `c`, (H, W) row-major; the array may be longer than H · W and is valid until the next
    /// change of size.
    public float[] plane(int c) {
        return planes[c];
    }

    /// All three planes.
    float[][] planes() {
        return planes;
    }

    /// Makes the image (3, `height`, `width`); what it holds is undefined until it is written.
    public void resize(int height, int width) {
        planes = atLeast(planes, height * width);
        this.height = height;
        this.width = width;
    }

    /// A second set of planes of at least `area` floats, to write a result into before [#swap].
    float[][] spare(int area) {
        spare = atLeast(spare, area);
        return spare;
    }

    /// A buffer for a part of this image, made when it is first asked for.
    ImageBuffer part() {
        if (part == null) part = new ImageBuffer();
        return part;
    }

    /// Makes the spare planes the image, with their size, and the old planes the spare ones.
    void swap(int height, int width) {
        float[][] old = planes;
        planes = spare;
        spare = old;
        this.height = height;
        this.width = width;
    }

    /// Both sets grow to the largest size seen, so that images which change size soon stop allocating.
    private float[][] atLeast(float[][] planes, int area) {
        capacity = Math.max(capacity, area);
        return planes[0].length >= area ? planes : new float[CHANNELS][capacity];
    }
}
