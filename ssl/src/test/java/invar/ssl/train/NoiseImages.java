package invar.ssl.train;

import invar.core.Philox;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.List;
import java.util.stream.IntStream;

/// Images of random bytes: each is unlike every other, and drawing d of image i is a function of i and d.
///
/// @param size how many
/// @param side of the images in pixels
/// @param drawings of each image
/// @param kinds how many classes, which follow each other; 0 without labels
public record NoiseImages(int size, int side, int drawings, int kinds) implements Dataset {

    /// Without labels.
    public NoiseImages(int size, int side, int drawings) {
        this(size, side, drawings, 0);
    }

    /// With one drawing each.
    public NoiseImages(int size, int side) {
        this(size, side, 1);
    }

    @Override
    public String name() {
        return "noise";
    }

    @Override
    public ImageShape shape() {
        return ImageShape.square(side);
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        Philox random = Philox.of(7, index, drawing);
        for (int i = 0; i < shape().size(); i++) into[i] = (byte) random.nextBits();
    }

    @Override
    public int label(int index) {
        return kinds == 0 ? UNLABELLED : index % kinds;
    }

    @Override
    public List<String> classes() {
        return IntStream.range(0, kinds).mapToObj(kind -> "kind " + kind).toList();
    }

    @Override
    public String source(int index) {
        return "noise " + index;
    }
}
