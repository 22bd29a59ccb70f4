package invar.cuda;

import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.Tensor;

/// Convolutions as products of matrices, one for each group: `conv.cu` says which matrices, `conv_mma.cuh` how tensor
/// cores take them. Input gradients need the
/// weights in another order, for which they are copied to scratch memory; partial sums are kept there too.
final class Convolutions {

    private Convolutions() {}

    /// Extents, as `struct Conv` has them, and what is derived from them.
    private record Sizes(Conv2d op, int images, int inputs, int height, int width, int outputs, int outHeight,
            int outWidth, int kernelH, int kernelW) {

        static Sizes of(Conv2d op, Tensor x, Tensor w, Tensor y) {
            Sizes s = new Sizes(op, x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3), w.dim(2),
                    w.dim(3));
            s.check("an image of the input", (long) s.inputs * s.height * s.width);
            s.check("an image of the output", (long) s.outputs * s.outHeight * s.outWidth);
            s.check("a channel of the input, over all images,", (long) s.images * s.height * s.width);
            s.check("a channel of the output, over all images,", (long) s.images * s.outHeight * s.outWidth);
            s.check("the weight", w.shape().elements());
            return s;
        }

        private void check(String what, long elements) {
            if (elements <= Integer.MAX_VALUE - 256) return;           // tiles may begin before and end behind it
            throw new IllegalArgumentException(op + ": the CUDA backend counts the elements of " + what
                    + " in 32 bits, and " + elements + " are too many; use a smaller batch, or smaller images");
        }

        int groupInputs() {
            return inputs / op.groups();
        }

        int groupOutputs() {
            return outputs / op.groups();
        }

        int outPlane() {
            return outHeight * outWidth;
        }

        int window() {
            return kernelH * kernelW;
        }

        Launch pass(Launch launch) {
            return launch.ints(images, inputs, height, width, outputs, outHeight, outWidth, kernelH, kernelW,
                    op.strideH(), op.strideW(), op.padH(), op.padW(), op.dilationH(), op.dilationW(), op.groups());
        }
    }

    static void forward(Conv2d op, Tensor x, Tensor w, Tensor y, Gpu gpu, Tiling.Choice choice) {
        Sizes s = Sizes.of(op, x, w, y);
        long columns = (long) s.images * s.outPlane();
        int depth = s.groupInputs() * s.window();
        Tiling tiling = choice.of(s.groupOutputs(), columns, depth, op.groups());
        long to = target(tiling, y, gpu);
        Launch launch = s.pass(gpu.kernel("conv_forward_" + Contractions.name(tiling, gpu)).tensor(x).tensor(w)
                .address(to));
        Contractions.start(launch, tiling, tiling.tile().covering(s.groupOutputs(), columns) * op.groups(), gpu);
        Contractions.addParts(tiling, to, y, gpu);
    }

    static void inputGrad(Conv2dInputGrad grad, Tensor dy, Tensor w, Tensor dx, Gpu gpu, Tiling.Choice choice) {
        Conv2d op = grad.forward();
        Sizes s = Sizes.of(op, dx, w, dy);
        int apartH = op.strideH() / gcd(op.strideH(), op.dilationH());
        int apartW = op.strideW() / gcd(op.strideW(), op.dilationW());
        int taps = Math.ceilDiv(s.kernelH, apartH) * Math.ceilDiv(s.kernelW, apartW);        // most of a class
        long slot = (long) taps * s.groupOutputs() * s.groupInputs(), group = slot * apartH * apartW;
        boolean packed = s.window() > 1;
        if (!packed) group = slot;                              // one tap: stored as (o, c), which is the order wanted

        int classes = Math.multiplyExact(op.strideH(), op.strideW());
        long batch = (long) op.groups() * classes;
        long columns = (long) s.images * Math.ceilDiv(s.height, op.strideH()) * Math.ceilDiv(s.width, op.strideW());
        Tiling tiling = choice.of(s.groupInputs(), columns, (long) s.groupOutputs() * taps, batch);

        long weights = packed ? (4 * group * op.groups() + 255) / 256 * 256 : 0;
        long sums = tiling.parts() == 1 ? 0 : 4L * tiling.parts() * dx.shape().elements();
        long scratch = weights + sums == 0 ? 0 : gpu.memory().scratch(weights + sums);
        long from = packed ? scratch : CudaStorage.address(w);
        long to = sums == 0 ? CudaStorage.address(dx) : scratch + weights;
        if (packed) {
            s.pass(gpu.kernel("conv_pack_weight").tensor(w).address(from)).i32(apartH).i32(apartW).i64(slot).i64(group)
                    .elements(w.shape().elements());
        }
        Launch launch = s.pass(gpu.kernel("conv_input_grad_" + Contractions.name(tiling, gpu)).tensor(dy).address(from)
                .address(to)).i32(apartH).i32(apartW).i64(slot).i64(group);
        Contractions.start(launch, tiling, Math.multiplyExact(tiling.tile().covering(s.groupInputs(), columns), batch),
                gpu);
        Contractions.addParts(tiling, to, dx, gpu);
    }

    static void weightGrad(Conv2dWeightGrad grad, Tensor x, Tensor dy, Tensor dw, Gpu gpu, Tiling.Choice choice) {
        Sizes s = Sizes.of(grad.forward(), x, dw, dy);
        int columns = s.groupInputs() * s.window(), groups = grad.forward().groups();
        Tiling tiling = choice.of(s.groupOutputs(), columns, (long) s.images * s.outPlane(), groups);
        long to = target(tiling, dw, gpu);
        Launch launch = s.pass(gpu.kernel("conv_weight_grad_" + Contractions.name(tiling, gpu)).tensor(x).tensor(dy)
                .address(to));
        Contractions.start(launch, tiling, tiling.tile().covering(s.groupOutputs(), columns) * groups, gpu);
        Contractions.addParts(tiling, to, dw, gpu);
    }

    /// Where the kernel writes: the result, or room for its parts.
    private static long target(Tiling tiling, Tensor out, Gpu gpu) {
        return tiling.parts() == 1
                ? CudaStorage.address(out) : gpu.memory().scratch(4L * tiling.parts() * out.shape().elements());
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
