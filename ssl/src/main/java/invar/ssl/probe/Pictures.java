package invar.ssl.probe;

import invar.ssl.augment.Augmentation;
import invar.ssl.augment.Compose;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Normalize;
import invar.ssl.augment.RandomAffine;
import invar.ssl.augment.ResizeCenterCrop;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.ArrayList;
import java.util.List;

/// One drawing of every item of a data set, resized and normalised as an encoder wants it; optionally turned, scaled
/// and shifted first, each image by its own fixed amounts.
public final class Pictures implements Embedder.Images {

    /// Shifted by up to an eighth of the side.
    private static final double SHIFT = 1 / 8.0;
    /// A fixed seed: every encoder is asked the same questions.
    private static final long SEED = 20;

    private final Dataset data;
    private final int drawing, side;
    private final Normalize normalize;
    private final Compose steps;
    private final ImageBuffer image = new ImageBuffer();
    private final byte[] bytes;

    private Pictures(Dataset data, int drawing, int side, Normalize normalize, boolean perturbed) {
        this.data = data;
        this.drawing = drawing;
        this.side = side;
        this.normalize = normalize;
        this.steps = steps(data.shape(), side, normalize, perturbed);
        this.bytes = new byte[data.shape().size()];
    }

    /// Drawing number `drawing` of every item, at `side` × `side`.
    public static Pictures of(Dataset data, int drawing, int side, Normalize normalize) {
        return new Pictures(data, drawing, side, normalize, false);
    }

    /// The same pictures, turned by up to 20° either way, scaled by 0.8 to 1.2 and shifted by up to an eighth of their
    /// side along each axis, on white.
    public Pictures perturbed() {
        return new Pictures(data, drawing, side, normalize, true);
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public void read(int index, float[] into, int offset) {
        data.read(index, drawing, bytes);
        image.load(bytes, data.shape().height(), data.shape().width());
        steps.apply(image, SEED, 0, index, drawing);
        image.copyTo(into, offset);
    }

    private static Compose steps(ImageShape shape, int side, Normalize normalize, boolean perturbed) {
        List<Augmentation> steps = new ArrayList<>();
        if (perturbed) steps.add(new RandomAffine(20, 0.8, 1.2, SHIFT * Math.min(shape.height(), shape.width()), 1));
        if (shape.height() != side || shape.width() != side) steps.add(new ResizeCenterCrop(side, 1));
        steps.add(normalize);
        return new Compose(steps);
    }
}
