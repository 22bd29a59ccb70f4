package invar.cuda;

import invar.core.Tensor;
import invar.core.fused.AugmentImages;

/// [AugmentImages]: `augment.cu`. Views are made in shared memory where they fit, else in place.
final class Augmentations {

    private static final int THREADS = 256;
    /// Blocks a multiprocessor where each has scratch memory of its own.
    private static final int LARGE_BLOCKS = 4;
    /// What a kernel has in shared memory beside: 32 numbers for sums over a block.
    private static final int SUMS = 8 * 32;

    private Augmentations() {}

    static void execute(AugmentImages op, Tensor[] in, Tensor[] out, Gpu gpu) {
        int side = op.side(), down = weights(op.height(), side), across = weights(op.width(), side);
        long n = in[1].dim(0), area = (long) side * side, beside = side * (4L + down + across);
        long shared = 4 * (4 * area + beside), scratch = area + beside;
        boolean fits = shared + SUMS <= gpu.mostShared();
        long blocks = fits ? n : Math.min(n, (long) LARGE_BLOCKS * gpu.multiprocessors());
        Launch launch = gpu.kernel(fits ? "augment_images" : "augment_images_large").tensor(in[0]).tensor(in[1])
                .tensor(in[2]).tensor(out[0]).i64(n).ints(op.height(), op.width(), side, down, across,
                        AugmentImages.changes(in[2].dim(1)), op.words());
        if (fits) launch.blocks(n, THREADS, (int) shared);
        else launch.address(Slices.of(gpu, 4 * scratch * blocks)[0]).i64(scratch).blocks(blocks, THREADS, 0);
    }

    /// The most source pixels that one output pixel sees along an axis: twice the scale, and one. A box is not larger
    /// than the image, or is not resized.
    private static int weights(int extent, int side) {
        return 2 * Math.ceilDiv(Math.max(extent, side), side) + 1;
    }
}
