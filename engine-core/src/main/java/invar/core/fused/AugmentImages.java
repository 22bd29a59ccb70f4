package invar.core.fused;

import invar.core.Infer;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;

/// Views of images by changes that were drawn elsewhere: a box is cut out and resized to a square, then come flips,
/// colours, blur and so on, in any order. What is random is in the numbers and not in this op.
///
/// In: the images (M, ⌈3HW/4⌉) I32, the bytes of (3, H, W) row-major, four to an integer, the lowest first; which image
/// each view is of (N) I32, 0 … M − 1; what is done (N, 4 + 3K), a row for each view:
/// ```
/// top, left, height, width of the box         then K times         change, a, b
/// ```
/// with the number of a [Change] and its two amounts. Out: the views (N, 3, S, S); 0 … 255 becomes 0 … 1 before
/// anything else. The box is resized bilinearly, antialiased, with half-pixel centres: output pixel i of an axis of
/// the box with n pixels is a mean of its pixels j, with weights
/// ```
/// w_j ∝ max(0, 1 − |j + ½ − c| / max(s, 1))      s = n / S      c = s (i + ½),  not nearer to an edge than ½ if s ≤ 1
/// ```
/// A box of S × S pixels, which is not resized, may reach beyond the image: there it is 0. Other boxes lie inside.
///
/// Errors: numbers that are not of an image, boxes outside and unknown changes are not seen by devices; who draws them
/// keeps to the rules. There are no gradients: images are data.
///
/// @param height H
/// @param width  W
/// @param side   S
public record AugmentImages(int height, int width, int side) implements FusedOp {

    /// Where a row's changes begin, and how many numbers each has.
    public static final int BOX = 4, EACH = 3;

    /// What may be done to a view x with values normally in [0, 1]; grey(x) is 0.2989 R + 0.587 G + 0.114 B.
    public enum Change {
        /// Nothing: fills up rows.
        NONE,
        /// Left and right change places.
        FLIP,
        /// clamp(a x, 0, 1).
        BRIGHTNESS,
        /// clamp(a x + (1 − a) m, 0, 1) with m the mean of grey(x) over the view.
        CONTRAST,
        /// clamp(a x + (1 − a) grey(x), 0, 1).
        SATURATION,
        /// The hue turns by a full circles, −½ … ½.
        HUE,
        /// grey(x) in all channels.
        GREY,
        /// Gaussian of deviation a > 0 pixels, cut off to b pixels, b odd, b/2 < S; borders are mirrored without
        /// repeating the edge.
        BLUR,
        /// 1 − x where x ≥ a.
        SOLARIZE,
        /// (x − a) / b in the red channel.
        NORMALIZE_RED,
        /// The same in the green channel.
        NORMALIZE_GREEN,
        /// The same in the blue channel.
        NORMALIZE_BLUE
    }

    public AugmentImages {
        if (height < 1 || width < 1 || side < 1) {
            throw new IllegalArgumentException("images and views must have pixels, but are to have " + height + " × "
                    + width + " and " + side + " × " + side);
        }
    }

    /// Integers an image: ⌈3HW/4⌉.
    public int words() {
        return words(height, width);
    }

    /// The same for images of `height` × `width` pixels.
    public static int words(int height, int width) {
        return Math.toIntExact((3L * height * width + 3) / 4);
    }

    /// Writes bytes as the integers that the op takes.
    ///
    /// @param bytes (3, H, W)
    /// @param words receives ⌈3HW/4⌉ from `at` on
    public static void pack(byte[] bytes, int[] words, int at) {
        for (int i = 0; i < bytes.length; i += 4) {
            int word = 0;
            for (int k = 0; k < 4 && i + k < bytes.length; k++) word |= (bytes[i + k] & 0xFF) << 8 * k;
            words[at + i / 4] = word;
        }
    }

    /// K, for rows of this length.
    public static int changes(int numbers) {
        return (numbers - BOX) / EACH;
    }

    @Override
    public boolean integerInput(int i) {
        return i < 2;
    }

    @Override
    public Shape[] infer(Shape... in) {
        Infer.count(this, in, 3);
        Infer.rank(this, in, 0, 2);
        Infer.same(this, in, 0, Shape.of(in[0].dim(0), words()));
        Infer.rank(this, in, 1, 1);
        Infer.rank(this, in, 2, 2);
        int n = in[1].dim(0), numbers = in[2].dim(1);
        Infer.same(this, in, 2, Shape.of(n, numbers));
        if (numbers < BOX || (numbers - BOX) % EACH != 0) {
            throw new ShapeException(this, in, "a row is a box of 4 numbers and changes of 3, not " + numbers);
        }
        return new Shape[] {Shape.of(n, 3, side, side)};
    }

    /// Plain loops on the host, in double precision.
    @Override
    public Tensor[] reference(Tensor... in) {
        int[] images = in[0].integers(), which = in[1].integers();
        double[] rows = in[2].doubles();
        int numbers = in[2].dim(1), view = 3 * side * side;
        double[] views = new double[which.length * view];
        for (int i = 0; i < which.length; i++) {
            AugmentedImage image = new AugmentedImage(side);
            image.crop(images, which[i] * words(), height, width, rows, i * numbers);
            for (int at = BOX; at < numbers; at += EACH) {
                int row = i * numbers + at;
                image.change(Change.values()[AugmentedImage.whole(rows[row])], rows[row + 1], rows[row + 2]);
            }
            System.arraycopy(image.values, 0, views, i * view, view);
        }
        return new Tensor[] {in[2].device().tensor(Shape.of(which.length, 3, side, side), views)};
    }

    @Override
    public Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad) {
        return new Tensor[3];
    }
}
