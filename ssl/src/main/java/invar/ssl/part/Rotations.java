package invar.ssl.part;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;

/// The four turns of an image by quarters of a circle, counter-clockwise: RotNet's task (Gidaris, Singh, Komodakis
/// 2018, [arXiv:1803.07728](https://arxiv.org/abs/1803.07728), Sec. 2.2 and `rotate_img` of the official code). With T
/// the transpose and U upside down,
/// ```
/// 90° = U T     180° = (U T)²     270° = (U T)³ = T U        U T:  y[r, c] = x[c, S − 1 − r]
/// ```
/// Pixels are moved, none is computed: an interpolated turn would leave traces in the corners that tell the angle
/// without a look at the image. A whole batch is turned by one gather, whose rows are places in the image.
///
/// A flip may come before the turns, never after them: with H a flip, H · 90° = 270° · H, so that a flipped "90°" is
/// the "270°" of a flipped image, and no network can tell the two.
///
/// @param from (4, S²), I32, persistent: the place in x of each place in y, for each turn
public record Rotations(Tensor from) {

    /// 0°, 90°, 180°, 270°.
    public static final int COUNT = 4;

    /// For images of `side` × `side` pixels.
    public static Rotations of(Device device, int side) {
        int area = side * side;
        int[] places = new int[COUNT * area];
        for (int i = 0; i < area; i++) places[i] = i;                                        // 0°
        for (int turn = 1; turn < COUNT; turn++) {
            for (int r = 0; r < side; r++) {
                for (int c = 0; c < side; c++) {                                             // U T of the turn before
                    places[turn * area + r * side + c] = places[(turn - 1) * area + c * side + side - 1 - r];
                }
            }
        }
        return new Rotations(device.persistent(() -> device.integers(Shape.of(COUNT, area), places)));
    }

    /// All turns of each image: row 4i + y is image i turned by y · 90°.
    ///
    /// @param x (N, C, S, S)
    /// @return (4N, C, S, S)
    /// @throws IllegalArgumentException if the images have another size than these turns are for
    public Tensor all(Tensor x) {
        int n = x.dim(0), channels = x.dim(1), height = x.dim(2), width = x.dim(3), area = from.dim(1);
        if (height != width || height * width != area) {
            int side = (int) Math.round(Math.sqrt(area));
            throw new IllegalArgumentException("the images to turn must be " + side + " × " + side + " pixels but are "
                    + height + " × " + width);
        }
        return x.reshape(n * channels, area).permute(1, 0)                                   // (S², NC)
                .gather(from)                                                                // (4, S², NC)
                .reshape(COUNT, area, n, channels).permute(2, 0, 3, 1)                       // (N, 4, C, S²)
                .reshape(COUNT * n, channels, height, width);
    }

    /// The turn of each row of [#all] of `images` images: 0, 1, 2, 3, 0, 1, 2, 3, … .
    public static int[] labels(int images) {
        int[] labels = new int[COUNT * images];
        for (int i = 0; i < labels.length; i++) labels[i] = i % COUNT;
        return labels;
    }
}
