package invar.ssl.augment;

import invar.core.Philox;
import java.util.Optional;

/// Cuts a square image into a grid of overlapping patches, changes each patch for itself, and lays them side by side:
/// the input of CPC (van den Oord, Li, Vinyals 2018, [arXiv:1807.03748](https://arxiv.org/abs/1807.03748), Sec. 3.2)
/// as one image. With G patches of P pixels at stride s on each side,
/// ```
/// image of P + (G − 1) s pixels  →  mosaic of G · P pixels:  mosaic[r P + y, c P + x] = patch r, c [y, x]
///                                                            patch r, c [y, x] = image[r s + y, c s + x]
/// ```
/// Patch i = r G + c is to `changes` what image i is to the [Compose] of a view, under a seed that is drawn once an
/// image: so patches draw independently of each other, and a change leaves the draws of the others as they were.
///
/// @param grid    G, patches on each side
/// @param size    P, side of a patch in pixels
/// @param stride  s, pixels from a patch to the next; less than P where they overlap
/// @param changes of each patch; they must keep its size
public record Patches(int grid, int size, int stride, Compose changes) implements Augmentation {

    /// Checks the settings.
    public Patches {
        Require.that(grid >= 1, "Patches: grid must be at least 1 but is " + grid);
        Require.size("Patches", size);
        Require.that(stride >= 1, "Patches: stride must be at least 1 pixel but is " + stride);
    }

    /// Side of the image that the grid covers: P + (G − 1) s.
    public int extent() {
        return size + (grid - 1) * stride;
    }

    /// @throws IllegalArgumentException if the image is not [#extent] × [#extent], or a change does not keep the size
    @Override
    public void apply(ImageBuffer image, Philox random) {
        Require.that(image.height() == extent() && image.width() == extent(),
                "Patches: a grid of " + grid + " patches of " + size + " px at stride " + stride + " needs an image of "
                        + extent() + " x " + extent() + " px, not " + image.height() + " x " + image.width());
        long seed = (long) random.nextBits() << 32 | Integer.toUnsignedLong(random.nextBits());
        int side = grid * size;
        float[][] mosaic = image.spare(side * side);
        ImageBuffer patch = image.part();
        for (int i = 0; i < grid * grid; i++) {
            int row = i / grid, column = i % grid;
            patch.resize(size, size);
            for (int c = 0; c < ImageBuffer.CHANNELS; c++)
                copy(image.plane(c), row * stride * extent() + column * stride, extent(), patch.plane(c), 0, size);
            changes.apply(patch, seed, 0, i, 0);
            Require.that(patch.height() == size && patch.width() == size, "Patches: the changes must keep " + size
                    + " x " + size + " px but made " + patch.height() + " x " + patch.width());
            for (int c = 0; c < ImageBuffer.CHANNELS; c++)
                copy(patch.plane(c), 0, size, mosaic[c], (row * side + column) * size, side);
        }
        image.swap(side, side);
    }

    @Override
    public Optional<Mosaic> mosaic() {
        return Optional.of(new Mosaic("patches", grid));
    }

    /// A patch from one plane to another, whose rows are `fromStep` and `toStep` long.
    private void copy(float[] from, int at, int fromStep, float[] to, int toAt, int toStep) {
        for (int y = 0; y < size; y++) System.arraycopy(from, at + y * fromStep, to, toAt + y * toStep, size);
    }
}
