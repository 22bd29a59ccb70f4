package invar.ssl.augment;

/// An affine map of an image without interpolation, as PIL's `Image.transform` and `Image.rotate` do by default: the
/// output pixel at row y, column x shows the source pixel that contains the point
/// ```
/// (a (x + ½) + b (y + ½) + c,  d (x + ½) + e (y + ½) + f)      x to the right, y down, pixel (0, 0) is [0, 1)²
/// ```
/// and `fill` where that is outside. [Affine] is the smooth one.
public final class NearestAffine {

    private NearestAffine() {}

    /// Warps the image in place.
    ///
    /// @param fill the value outside the image, for all channels
    public static void warp(ImageBuffer image, double a, double b, double c, double d, double e, double f, float fill) {
        int height = image.height(), width = image.width();
        float[][] from = image.planes(), to = image.spare(image.area());
        for (int row = 0, i = 0; row < height; row++) {
            for (int column = 0; column < width; column++, i++) {
                double x = column + 0.5, y = row + 0.5;
                int sx = (int) Math.floor(a * x + b * y + c), sy = (int) Math.floor(d * x + e * y + f);
                boolean inside = sx >= 0 && sx < width && sy >= 0 && sy < height;
                int at = inside ? sy * width + sx : 0;
                for (int channel = 0; channel < ImageBuffer.CHANNELS; channel++) {
                    to[channel][i] = inside ? from[channel][at] : fill;
                }
            }
        }
        image.swap(height, width);
    }

    /// Turns the image counter-clockwise about its centre.
    public static void rotate(ImageBuffer image, double degrees, float fill) {
        double cos = Math.cos(Math.toRadians(degrees)), sin = Math.sin(Math.toRadians(degrees));
        double cx = image.width() / 2.0, cy = image.height() / 2.0;
        warp(image, cos, -sin, cx - cos * cx + sin * cy, sin, cos, cy - sin * cx - cos * cy, fill);
    }
}
