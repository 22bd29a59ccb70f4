package invar.cpu;

import java.util.Arrays;

import invar.core.PoolingOp.AvgPool2d;
import invar.core.PoolingOp.MaxPool2d;
import invar.core.Tensor;

/// Maxima and means over windows. A task takes whole planes, one channel of one image each, so the transposes may add
/// into their planes freely.
final class Pooling {

    private Pooling() {}

    /// y = the maximum of each window, and its place h · W + w in the plane; among equals the first.
    static void max(MaxPool2d op, Tensor in, Tensor out, Tensor places, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int[] place = CpuStorage.ints(places);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), po = CpuStorage.at(places);
        int h = in.dim(2), w = in.dim(3), height = out.dim(2), width = out.dim(3);
        eachPlane(in, parallel, plane -> {
            int from = xo + plane * h * w, to = plane * height * width;
            for (int i = 0; i < height; i++) {
                int top = i * op.stride() - op.padding(), first = Math.max(0, top), end = Math.min(h, top + op.kernel());
                for (int j = 0; j < width; j++, to++) {
                    int left = j * op.stride() - op.padding();
                    int start = Math.max(0, left), stop = Math.min(w, left + op.kernel());
                    int best = first * w + start;
                    float max = x[from + best];
                    for (int u = first; u < end; u++) {
                        for (int at = u * w + start; at < u * w + stop; at++) {
                            if (x[from + at] > max) {
                                max = x[from + at];
                                best = at;
                            }
                        }
                    }
                    y[yo + to] = max;
                    place[po + to] = best;
                }
            }
        });
    }

    /// dx = dy at the places of the maxima, added up where windows share one; else 0.
    static void maxGrad(Tensor gradient, Tensor places, Tensor out, Parallel parallel) {
        float[] dy = CpuStorage.floats(gradient), dx = CpuStorage.floats(out);
        int[] place = CpuStorage.ints(places);
        int go = CpuStorage.at(gradient), po = CpuStorage.at(places), xo = CpuStorage.at(out);
        int size = out.dim(2) * out.dim(3), pooled = gradient.dim(2) * gradient.dim(3);
        eachPlane(out, parallel, plane -> {
            int to = xo + plane * size;
            Arrays.fill(dx, to, to + size, 0);
            for (int i = plane * pooled; i < (plane + 1) * pooled; i++) dx[to + place[po + i]] += dy[go + i];
        });
    }

    /// y = Σ x over each window / kernel².
    static void average(AvgPool2d op, Tensor in, Tensor out, Parallel parallel) {
        float[] x = CpuStorage.floats(in), y = CpuStorage.floats(out);
        int xo = CpuStorage.at(in), yo = CpuStorage.at(out), kernel = op.kernel();
        int h = in.dim(2), w = in.dim(3), height = out.dim(2), width = out.dim(3);
        float share = (float) (1.0 / (kernel * kernel));
        eachPlane(in, parallel, plane -> {
            int from = xo + plane * h * w, to = yo + plane * height * width;
            for (int i = 0; i < height; i++) {
                int top = i * op.stride() - op.padding(), first = Math.max(0, top), end = Math.min(h, top + kernel);
                for (int j = 0; j < width; j++, to++) {
                    int left = j * op.stride() - op.padding();
                    int start = Math.max(0, left), stop = Math.min(w, left + kernel);
                    float sum = 0;
                    for (int u = first; u < end; u++) {
                        for (int at = from + u * w + start; at < from + u * w + stop; at++) sum += x[at];
                    }
                    y[to] = sum * share;
                }
            }
        });
    }

    /// dx = Σ dy / kernel² over the windows that hold the pixel.
    static void averageGrad(AvgPool2d op, Tensor gradient, Tensor out, Parallel parallel) {
        float[] dy = CpuStorage.floats(gradient), dx = CpuStorage.floats(out);
        int go = CpuStorage.at(gradient), xo = CpuStorage.at(out), kernel = op.kernel();
        int h = out.dim(2), w = out.dim(3), height = gradient.dim(2), width = gradient.dim(3);
        float share = (float) (1.0 / (kernel * kernel));
        eachPlane(out, parallel, plane -> {
            int from = go + plane * height * width, to = xo + plane * h * w;
            Arrays.fill(dx, to, to + h * w, 0);
            for (int i = 0; i < height; i++) {
                int top = i * op.stride() - op.padding(), first = Math.max(0, top), end = Math.min(h, top + kernel);
                for (int j = 0; j < width; j++, from++) {
                    int left = j * op.stride() - op.padding();
                    int start = Math.max(0, left), stop = Math.min(w, left + kernel);
                    float part = dy[from] * share;
                    for (int u = first; u < end; u++) {
                        for (int at = to + u * w + start; at < to + u * w + stop; at++) dx[at] += part;
                    }
                }
            }
        });
    }

    private static void eachPlane(Tensor x, Parallel parallel, java.util.function.IntConsumer body) {
        Sums.eachBlock(x.dim(0) * x.dim(1), x.dim(2) * x.dim(3), parallel, body);
    }
}
