package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/// Where the pixels of a batch of images are that take part in a convolution with a window of one pixel: all of them,
/// or every `stride`-th of every `stride`-th row. Pixel `q`, counted over the batch, is in image `q / count`.
///
/// @param count      pixels of an image that take part
/// @param width      of these, how many a row has
/// @param image      distance between images in memory
/// @param plane      distance between channels
/// @param rowStep    distance between rows that take part
/// @param columnStep distance between pixels of a row that take part
/// @param row        length of a row
record ConvPixels(int count, int width, int image, int plane, int rowStep, int columnStep, int row) {

    /// Lane `l` of the first half, and lane `l − WIDTH / 2` of the second, is the one at `2 l`.
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(SPECIES, i -> 2 * i % WIDTH);
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(SPECIES, i -> i / 2);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(SPECIES, i -> WIDTH / 2 + i / 2);
    private static final VectorMask<Float> UPPER = SPECIES.indexInRange(-(WIDTH / 2), WIDTH);
    private static final VectorMask<Float> ODD = VectorMask.fromLong(SPECIES, 0xAAAA_AAAA_AAAA_AAAAL);

    /// The pixels of x that the windows read.
    static ConvPixels read(ConvShape s) {
        int plane = s.h() * s.w();
        return new ConvPixels(s.outHeight() * s.outWidth(), s.outWidth(), s.c() * plane, plane,
                s.op().strideH() * s.w(), s.op().strideW(), s.w());
    }

    /// All pixels of y.
    static ConvPixels all(ConvShape s) {
        int count = s.outHeight() * s.outWidth();
        return new ConvPixels(count, s.outWidth(), s.o() * count, count, s.outWidth(), 1, s.outWidth());
    }

    /// Whether all pixels take part.
    boolean everyPixel() {
        return count == plane;
    }

    /// The index of pixel `q` in its channel 0, from the first image on.
    int place(int q) {
        int pixel = q % count;
        return q / count * image + pixel / width * rowStep + pixel % width * columnStep;
    }

    /// Fills `places` with the indices of `used` pixels from `q` on.
    private void places(int q, int used, int[] places) {
        int pixel = q % count, column = pixel % width, place = place(q);
        for (int l = 0; l < used; l++) {
            places[l] = place;
            place += columnStep;
            pixel++;
            if (++column == width) {
                column = 0;
                pixel = pixel == count ? 0 : pixel;
                place = pixel == 0 ? place(q + l + 1) : place + rowStep - width * columnStep;
            }
        }
    }

    /// Packs panels of neighbours: a line of the cache of each channel for each panel.
    static void pack(float[] x, int at, int plane, int channels, int panels, float[] to, int toAt) {
        for (int c = 0; c < channels; c++) {
            line(x, at + c * plane, panels, to, toAt + c * COLUMNS, channels * COLUMNS);
        }
    }

    private static void line(float[] x, int at, int panels, float[] to, int toAt, int toStep) {
        for (int panel = 0; panel < panels; panel++) {
            int f = at + panel * COLUMNS, t = toAt + panel * toStep;
            FloatVector.fromArray(SPECIES, x, f).intoArray(to, t);
            FloatVector.fromArray(SPECIES, x, f + WIDTH).intoArray(to, t + WIDTH);
        }
    }

    /// Packs one panel of the `used` pixels from `q` on; the lanes that are not used become zero.
    void pack(float[] x, int xo, int q, int used, int channels, int[] places, float[] to, int toAt) {
        places(q, used, places);
        for (int lane = 0; lane < COLUMNS; lane += WIDTH) {
            int count = Math.clamp(used - lane, 0, WIDTH), half = WIDTH / 2;
            if (count == WIDTH && runs(places, lane, WIDTH, 1)) {
                neighbours(x, xo + places[lane], plane, channels, to, toAt + lane);
            } else if (count == WIDTH && runs(places, lane, half, 2) && runs(places, lane + half, half, 2)
                    && xo + Math.max(places[lane], places[lane + half]) + (channels - 1) * plane + WIDTH <= x.length) {
                everySecond(x, xo + places[lane], xo + places[lane + half], plane, channels, to, toAt + lane);
            } else {
                oneByOne(x, xo, places, lane, count, plane, channels, to, toAt);
            }
        }
    }

    private static boolean runs(int[] places, int from, int count, int step) {
        boolean run = true;
        for (int l = 1; l < count; l++) {
            run &= places[from + l] == places[from] + l * step;
        }
        return run;
    }

    private static void neighbours(float[] x, int at, int plane, int channels, float[] to, int toAt) {
        for (int c = 0; c < channels; c++) {
            FloatVector.fromArray(SPECIES, x, at + c * plane).intoArray(to, toAt + c * COLUMNS);
        }
    }

    /// Two runs of half a vector each.
    private static void everySecond(float[] x, int at, int at2, int plane, int channels, float[] to, int toAt) {
        for (int c = 0; c < channels; c++) {
            FloatVector.fromArray(SPECIES, x, at + c * plane).rearrange(EVEN)
                    .blend(FloatVector.fromArray(SPECIES, x, at2 + c * plane).rearrange(EVEN), UPPER)
                    .intoArray(to, toAt + c * COLUMNS);
        }
    }

    private static void oneByOne(float[] x, int xo, int[] places, int lane, int used, int plane, int channels,
            float[] to, int toAt) {
        for (int l = lane; l < lane + WIDTH; l++) {
            int at = l < lane + used ? xo + places[l] : 0;
            for (int c = 0; c < channels; c++) {
                to[toAt + c * COLUMNS + l] = l < lane + used ? x[at + c * plane] : 0;
            }
        }
    }

    /// Puts the `used` pixels from `q` on side by side, each channel in a row of its own, `toStep` from the next one.
    /// Up to a vector behind them is written over.
    void gather(float[] x, int xo, int q, int used, int channels, float[] to, int toAt, int toStep) {
        for (int done = 0; done < used; ) {
            int at = xo + place(q + done), piece = Math.min(used - done, width - (q + done) % count % width);
            boolean inside = at + (channels - 1) * plane + 2 * (piece - 1) + WIDTH <= x.length;
            for (int j = 0; j < piece; j += WIDTH / 2) {
                if (columnStep == 2 && inside) {
                    halves(x, at + 2 * j, plane, channels, to, toAt + done + j, toStep);
                } else {
                    for (int c = 0; c < channels; c++) {
                        for (int l = j; l < Math.min(piece, j + WIDTH / 2); l++) {
                            to[toAt + c * toStep + done + l] = x[at + c * plane + l * columnStep];
                        }
                    }
                }
            }
            done += piece;
        }
    }

    /// Every second of a vector, in the first half of another one.
    private static void halves(float[] x, int at, int plane, int channels, float[] to, int toAt, int toStep) {
        for (int c = 0; c < channels; c++) {
            FloatVector.fromArray(SPECIES, x, at + c * plane).rearrange(EVEN).intoArray(to, toAt + c * toStep);
        }
    }

    /// Sets all pixels to zero, for `channels` channels, that are behind the pixels `first` ≤ q < `last` which take
    /// part: in their rows, and in the rows up to the next one. These are whole images, or whole rows of one image.
    void clear(float[] x, int xo, int first, int last, int channels) {
        if (first % count == 0 && last % count == 0) {
            Arrays.fill(x, xo + first / count * image, xo + last / count * image, 0);
            return;
        }
        int from = place(first), length = last % count == 0 ? plane - from % plane : place(last) - from;
        for (int c = 0; c < channels; c++) {
            Arrays.fill(x, xo + from + c * plane, xo + from + c * plane + length, 0);
        }
    }

    /// Puts rows of a tile, one for each channel, to the `used` pixels from `q` on. A vector may write zeros over the
    /// pixels between them, which do not take part.
    void write(float[] tile, int channels, int q, int used, int[] places, float[] x, int xo) {
        places(q, used, places);
        for (int lane = 0; lane < used; lane += WIDTH) {
            int count = Math.min(used - lane, WIDTH), half = WIDTH / 2;
            boolean pairs = columnStep == 2 && row % 2 == 0 && count == WIDTH && runs(places, lane, half, 2)
                    && runs(places, lane + half, half, 2);
            for (int c = 0; c < channels; c++) {
                int from = c * COLUMNS + lane, to = xo + c * plane;
                if (pairs) {
                    spread(tile, from, x, to + places[lane], to + places[lane + half]);
                } else {
                    for (int l = 0; l < count; l++) {
                        x[to + places[lane + l]] = tile[from + l];
                    }
                }
            }
        }
    }

    private static void spread(float[] tile, int from, float[] x, int to, int to2) {
        FloatVector v = FloatVector.fromArray(SPECIES, tile, from), zero = FloatVector.zero(SPECIES);
        v.rearrange(LOW).blend(zero, ODD).intoArray(x, to);
        v.rearrange(HIGH).blend(zero, ODD).intoArray(x, to2);
    }
}
