package invar.ssl.train;

import invar.core.Philox;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.List;

/// Images of random bytes: each is unlike every other, and drawing d of image i is a function of i and d.
///
/// @param size how many
/// @param side of the images in pixels
/// @param drawings of each image
public record NoiseImages(int size, int side, int drawings) implements Dataset {

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
        return UNLABELLED;
    }

    @Override
    public List<String> classes() {
        return List.of();
    }

    @Override
    public String source(int index) {
        return "noise " + index;
    }
}
