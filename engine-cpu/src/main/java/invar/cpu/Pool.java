package invar.cpu;

import java.util.Arrays;

/// Maximum and mean over square windows of planes, and their gradients: the kernels of [invar.core.PoolingOp].
///
/// A plane is one channel of one image. Tasks are groups of planes, so that each output is written by one thread, in
/// the order of the windows.
///
/// @param planes images · channels
/// @param kernel side of a window
record Pool(int planes, int height, int width, int outHeight, int outWidth, int kernel, int stride, int padding) {

    /// Numbers of a task.
    private static final int TASK = 1 << 15;

    private interface Plane {
        /// The plane whose first elements are at `x` of the input and `y` of the output.
        void run(int x, int y);
    }

    /// The first row, or column, that window `i` covers.
    private int first(int i) {
        return Math.max(0, i * stride - padding);
    }

    /// One more than the last row, or column, of `extent` that window `i` covers.
    private int last(int i, int extent) {
        return Math.min(extent, i * stride - padding + kernel);
    }

    private void eachPlane(Parallel p, Plane body) {
        int in = height * width, out = outHeight * outWidth, each = Math.max(1, TASK / in);
        p.run((planes + each - 1) / each, task -> {
            for (int plane = task * each; plane < Math.min(planes, (task + 1) * each); plane++) {
                body.run(plane * in, plane * out);
            }
        });
    }

    /// y, and the place (row · width + column) of the first maximum of each window in row-major order. Padding counts
    /// as absent. NaN is never greater, so it is found only where it is first.
    void max(Parallel p, float[] x, int xo, float[] y, int yo, int[] place, int po) {
        eachPlane(p, (in, out) -> {
            for (int i = 0, at = out; i < outHeight; i++) {
                int top = first(i), bottom = last(i, height);
                for (int j = 0; j < outWidth; j++, at++) {
                    int left = first(j), right = last(j, width);
                    int best = top * width + left;
                    float max = x[xo + in + best];
                    for (int row = top; row < bottom; row++) {
                        for (int k = row * width + left; k < row * width + right; k++) {
                            if (x[xo + in + k] > max) {
                                max = x[xo + in + k];
                                best = k;
                            }
                        }
                    }
                    y[yo + at] = max;
                    place[po + at] = best;
                }
            }
        });
    }

    /// dx from dy and the places that [#max] found.
    void maxGrad(Parallel p, float[] dy, int dyo, int[] place, int po, float[] dx, int dxo) {
        eachPlane(p, (in, out) -> {
            Arrays.fill(dx, dxo + in, dxo + in + height * width, 0);
            for (int at = out; at < out + outHeight * outWidth; at++) {
                dx[dxo + in + place[po + at]] += dy[dyo + at];
            }
        });
    }

    /// y: sums over windows, with zeros for padding, divided by kernel².
    void mean(Parallel p, float[] x, int xo, float[] y, int yo) {
        float factor = 1f / (kernel * kernel);
        eachPlane(p, (in, out) -> {
            for (int i = 0, at = out; i < outHeight; i++) {
                int top = first(i), bottom = last(i, height);
                for (int j = 0; j < outWidth; j++, at++) {
                    int left = first(j), right = last(j, width);
                    float sum = 0;
                    for (int row = top; row < bottom; row++) {
                        for (int k = row * width + left; k < row * width + right; k++) {
                            sum += x[xo + in + k];
                        }
                    }
                    y[yo + at] = sum * factor;
                }
            }
        });
    }

    /// dx from dy: each pixel gets dy / kernel² from each window that holds it.
    void meanGrad(Parallel p, float[] dy, int dyo, float[] dx, int dxo) {
        float factor = 1f / (kernel * kernel);
        eachPlane(p, (in, out) -> {
            Arrays.fill(dx, dxo + in, dxo + in + height * width, 0);
            for (int i = 0, at = out; i < outHeight; i++) {
                int top = first(i), bottom = last(i, height);
                for (int j = 0; j < outWidth; j++, at++) {
                    int left = first(j), right = last(j, width);
                    float g = dy[dyo + at] * factor;
                    for (int row = top; row < bottom; row++) {
                        for (int k = row * width + left; k < row * width + right; k++) {
                            dx[dxo + in + k] += g;
                        }
                    }
                }
            }
        });
    }
}
