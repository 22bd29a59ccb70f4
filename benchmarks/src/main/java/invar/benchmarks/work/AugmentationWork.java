package invar.benchmarks.work;

import invar.ssl.augment.Compose;
import invar.ssl.augment.Grayscale;
import invar.ssl.augment.HorizontalFlip;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Shapes;
import java.util.Arrays;

/// Augmented views of images, one after the other on one thread, as a worker of the data loader makes them.
public final class AugmentationWork {

    private static final int IMAGES = 64;

    private final int size;
    private final Compose view;
    private final byte[][] images = new byte[IMAGES][];
    private final ImageBuffer buffer = new ImageBuffer();
    private final float[] views;

    /// @param recipe as in `ssl train --augment`
    /// @param size   height and width, of images and views
    public AugmentationWork(String recipe, int size) {
        this.size = size;
        this.view = Recipes.named(recipe, size).views().getFirst();
        this.views = new float[IMAGES * 3 * size * size];
        Shapes shapes = Shapes.train(1, IMAGES, size);
        for (int i = 0; i < IMAGES; i++) {
            images[i] = new byte[3 * size * size];
            shapes.read(i, images[i]);
        }
    }

    /// How many views a call makes.
    public int images() {
        return IMAGES;
    }

    /// A view of each image: (64, 3, size, size). The array is the same in every call.
    public float[] call() {
        for (int i = 0; i < IMAGES; i++) make(view, i, buffer, views, i * 3 * size * size);
        return views;
    }

    private void make(Compose steps, int image, ImageBuffer in, float[] into, int offset) {
        in.load(images[image], size, size);
        steps.apply(in, 1, 0, image, 0);
        in.copyTo(into, offset);
    }

    /// Checks a flip and a grey image, through the same code, against their formulas in double; then that every view
    /// of the recipe is what a fresh buffer makes of the image, so that nothing of one image gets into the next.
    ///
    /// @throws IllegalStateException if anything disagrees
    public void guard() {
        Guard guard = new Guard(this, 1e-6);
        int area = size * size;
        float[] actual = new float[3 * area];
        Compose greyMirror = Compose.of(new HorizontalFlip(1), new Grayscale(1));
        for (int image : Inputs.places(IMAGES, 5)) {
            make(greyMirror, image, buffer, actual, 0);
            double[] expected = new double[3 * area];
            for (int p = 0; p < area; p++) {
                int mirrored = p / size * size + size - 1 - p % size;
                double grey = 0.2989 * level(image, p) + 0.587 * level(image, area + p)
                        + 0.114 * level(image, 2 * area + p);
                for (int c = 0; c < 3; c++) expected[c * area + mirrored] = grey;
            }
            guard.agree("grey mirror image " + image, expected, DoubleRows.rows(actual, 3 * area, 0));
        }
        float[] all = call().clone();
        for (int image = 0; image < IMAGES; image++) {
            make(view, image, new ImageBuffer(), actual, 0);
            float[] made = Arrays.copyOfRange(all, image * 3 * area, (image + 1) * 3 * area);
            if (!Arrays.equals(actual, made)) {
                throw new IllegalStateException(this + ": image " + image + " depends on the images before it");
            }
        }
    }

    private double level(int image, int place) {
        return (images[image][place] & 0xFF) / 255.0;
    }

    @Override
    public String toString() {
        return "augmentation " + view;
    }
}
