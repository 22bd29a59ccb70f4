package invar.cpu;

import static invar.cpu.CpuStorage.at;
import static invar.cpu.CpuStorage.floats;

import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import java.util.Arrays;

/// [BarlowTwins] and its gradients: columns are scaled as by [CrossCorrelations]; between that and the way back there
/// are two Gram matrices forward and two products with them backward, 2 N² D and 4 N² D operations.
final class BarlowTwinses {

    private BarlowTwinses() {}

    static void forward(BarlowTwins op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1);
        float[] hat = Scratch.UNIT_ROWS.floats(2 * n * d), gramA = floats(out[6]), gramB = floats(out[7]);
        for (int side = 0; side < 2; side++) {
            CrossCorrelations.standardize(in[side], op.epsilon(), 1, out[1 + 2 * side], out[2 + 2 * side], hat,
                    side * n * d, parallel);
        }
        Gram.multiply(parallel, hat, 0, n, d, gramA, at(out[6]));
        Gram.multiply(parallel, hat, n * d, n, d, gramB, at(out[7]));
        double[] dots = new double[n], sums = new double[d], products = new double[d];
        Chunks.each(parallel, n, n, i -> dots[i] = Doubles.dot(gramA, at(out[6]) + i * n, gramB, at(out[7]) + i * n, n,
                new double[Doubles.WIDTH]));
        ChannelSums.products(new ChannelTiles(n, d, 1), hat, 0, new float[d], 0, hat, n * d, Float.NaN, hat, n * d,
                sums, products, parallel);
        double loss = op.lambda() * Arrays.stream(dots).sum() / n / n;
        for (int i = 0; i < d; i++) {
            double c = products[i] / n;
            loss += (1 - c) * (1 - c) - op.lambda() * c * c;
            floats(out[5])[at(out[5]) + i] = (float) c;
        }
        floats(out[0])[at(out[0])] = (float) loss;
    }

    static void backward(BarlowTwinsGrad op, Tensor[] in, Tensor[] out, Parallel parallel) {
        int n = in[0].dim(0), d = in[0].dim(1);
        ChannelTiles t = new ChannelTiles(n, d, 1);
        float[] hat = Scratch.UNIT_ROWS.floats(2 * n * d), zeros = new float[d];
        float[] scale = new float[d], diagonal = new float[d];
        for (int side = 0; side < 2; side++) {
            BatchNorms.scale(t, floats(in[side]), at(in[side]), CrossCorrelations.column(in[2 + 2 * side]),
                    CrossCorrelations.column(in[3 + 2 * side]), zeros, Float.NaN, hat, side * n * d, parallel);
        }
        double g = floats(in[9])[at(in[9])];
        Arrays.fill(scale, (float) (2 * op.lambda() * g / n / n));
        for (int i = 0; i < d; i++) {
            diagonal[i] = (float) (2 * g * ((1 - op.lambda()) * floats(in[6])[at(in[6]) + i] - 1) / n);
        }
        for (int side = 0; side < 2; side++) {
            Tensor gram = in[8 - side];                                                    // that of the other side
            float[] dx = floats(out[side]);
            int to = at(out[side]), own = side * n * d, other = n * d - own;
            Gemm.multiply(parallel, false, false, n, d, n, floats(gram), at(gram), n, hat, own, d, false, dx, to, d);
            BatchNorms.gradient(t, hat, other, zeros, dx, to, Float.NaN, dx, to, scale, diagonal, zeros, dx, to,
                    parallel);
            CrossCorrelations.throughNorm(in[side], CrossCorrelations.column(in[2 + 2 * side]),
                    CrossCorrelations.column(in[3 + 2 * side]), 1, dx, to, parallel);
        }
    }
}
