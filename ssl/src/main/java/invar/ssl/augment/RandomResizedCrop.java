package invar.ssl.augment;

import invar.core.Philox;

/// Cuts out a box of random area and shape and resizes it to a square: the "Inception crop" of Szegedy et al., "Going
/// deeper with convolutions", CVPR 2015, [arXiv:1409.4842](https://arxiv.org/abs/1409.4842), Sec. 6, which SimCLR found
/// to matter most together with [ColorJitter].
///
/// As in torchvision's `RandomResizedCrop`, up to ten times:
/// ```
/// area ~ U(minScale, maxScale) · HW       log aspect ~ U(log minRatio, log maxRatio)
/// w = round √(area · aspect)     h = round √(area / aspect)     accepted if the box fits;  place uniform
/// ```
/// then the largest box in the middle whose aspect is allowed. Bilinear, antialiased.
///
/// @param size side of the result in pixels
/// @param minScale smallest share of the image's area, in (0, 1]
/// @param maxScale largest share of the image's area
/// @param minRatio smallest width / height of the box
/// @param maxRatio largest width / height of the box
public record RandomResizedCrop(int size, double minScale, double maxScale, double minRatio, double maxRatio)
        implements Crop {

    private static final int TRIES = 10;

    /// Checks the settings.
    public RandomResizedCrop {
        Require.size("RandomResizedCrop", size);
        Require.range("RandomResizedCrop", "scale", minScale, maxScale);
        Require.range("RandomResizedCrop", "ratio", minRatio, maxRatio);
    }

    /// With the usual shapes, 3/4 … 4/3, and areas up to the whole image.
    public RandomResizedCrop(int size, double minScale) {
        this(size, minScale, 1, 3 / 4.0, 4 / 3.0);
    }

    /// A box in pixels.
    public record Box(int top, int left, int height, int width) {}

    @Override
    public void apply(ImageBuffer image, Philox random) {
        crop(image, box(image.height(), image.width(), random), size, size, true);
    }

    /// Draws the box for an image of `height` × `width`.
    @Override
    public Box box(int height, int width, Philox random) {
        double area = (double) height * width, low = Math.log(minRatio), high = Math.log(maxRatio);
        for (int attempt = 0; attempt < TRIES; attempt++) {
            double target = area * random.uniform(minScale, maxScale), aspect = Math.exp(random.uniform(low, high));
            int w = (int) Math.rint(Math.sqrt(target * aspect)), h = (int) Math.rint(Math.sqrt(target / aspect));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
                return new Box(random.nextInt(height - h + 1), random.nextInt(width - w + 1), h, w);
        }
        double aspect = (double) width / height;
        int w = aspect > maxRatio ? (int) Math.rint(height * maxRatio) : width;
        int h = aspect < minRatio ? (int) Math.rint(width / minRatio) : height;
        return new Box((height - h) / 2, (width - w) / 2, h, w);
    }

    /// Replaces the image by a box of itself, resized.
    ///
    /// @param antialias see [Resampler]
    public static void crop(ImageBuffer image, Box box, int outHeight, int outWidth, boolean antialias) {
        float[][] spare = image.spare(outHeight * outWidth);
        Resampler resampler = image.resampler;
        resampler.prepare(box.height, box.width, outHeight, outWidth, antialias);
        for (int row = 0; row < box.height; row++)
            resampler.feed(row, image.planes(), (box.top + row) * image.width() + box.left);
        resampler.finish(spare);
        image.swap(outHeight, outWidth);
    }
}
