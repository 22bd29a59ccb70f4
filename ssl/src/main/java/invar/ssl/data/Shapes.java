package invar.ssl.data;

import java.util.List;
import java.util.Objects;

/// Images that are drawn when they are read, from known factors: ten shapes in six textures, with colour, place, size,
/// turn, warp, occlusion, blur and noise; see [Factor]. Of any number and any size.
///
/// Image i is a pure function of (seed, part, i), so that no two workers need to agree on anything. Because the factors
/// are known and can be moved one at a time ([#readMoved]), it can be measured exactly what a representation ignores
/// and what it keeps. The idea is that of dSprites (Matthey et al., 2017) and 3D Shapes (Burgess, Kim, 2018).
public final class Shapes implements Dataset {

    private static final int TRAIN = 0, TEST = 1, DEFAULT_SIDE = 32;

    private final long seed;
    private final int part, size, side;

    private Shapes(long seed, int part, int size, int side) {
        this.seed = seed;
        this.part = part;
        this.size = size;
        this.side = side;
    }

    /// Training images.
    ///
    /// @param side in pixels, at least 4
    /// @throws IllegalArgumentException if there is not one image, or the side is too small
    public static Shapes train(long seed, int size, int side) {
        return new Shapes(seed, TRAIN, atLeast(1, size, "size"), atLeast(4, side, "side"));
    }

    /// Test images, drawn from streams that training images never use.
    ///
    /// @param side in pixels, at least 4
    /// @throws IllegalArgumentException if there is not one image, or the side is too small
    public static Shapes test(long seed, int size, int side) {
        return new Shapes(seed, TEST, atLeast(1, size, "size"), atLeast(4, side, "side"));
    }

    static Split split(Datasets.Options options) {
        int side = options.side() == 0 ? DEFAULT_SIDE : options.side();
        return new Split(train(options.seed(), options.train(), side), test(options.seed(), options.test(), side),
                "generated from seed " + options.seed() + "; parts have random streams of their own");
    }

    /// The factors of an image.
    public ShapeFactors factors(int index) {
        return ShapeFactors.draw(seed, part, Objects.checkIndex(index, size));
    }

    /// Writes the image that has all the factors of image `index` but for one, which is moved by `delta`.
    public void readMoved(int index, Factor factor, double delta, byte[] into) {
        render(factors(index).move(factor, delta), side, into);
    }

    /// Writes the image of any factors.
    ///
    /// @param into receives (3, side, side) bytes
    public static void render(ShapeFactors factors, int side, byte[] into) {
        RENDERER.get().render(factors, side, into);
    }

    private static final ThreadLocal<ShapeRenderer> RENDERER = ThreadLocal.withInitial(ShapeRenderer::new);

    @Override
    public String name() {
        return "shapes";
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public ImageShape shape() {
        return ImageShape.square(side);
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        Objects.checkIndex(drawing, 1);
        render(factors(index), side, into);
    }

    @Override
    public int label(int index) {
        return ShapeFactors.shape(seed, part, Objects.checkIndex(index, size));
    }

    @Override
    public List<String> classes() {
        return Outline.NAMES;
    }

    @Override
    public String source(int index) {
        return (part == TRAIN ? "train " : "test ") + index + " of seed " + seed + ": " + factors(index);
    }

    private static int atLeast(int least, int value, String name) {
        if (value < least)
            throw new IllegalArgumentException("Shapes: " + name + " must be at least " + least + " but is " + value);
        return value;
    }
}
