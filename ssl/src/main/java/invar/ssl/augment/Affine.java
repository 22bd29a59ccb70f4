package invar.ssl.augment;

/// Turns, scales and shifts an image about its centre, with bilinear sampling.
///
/// With c = ((W − 1)/2, (H − 1)/2) and t = (shiftX, shiftY), output pixel p shows the source at
/// ```
/// q = c + R(−angle) (p − c − t) / scale,      R(a) = (cos a, −sin a; sin a, cos a), x to the right, y down
/// ```
/// so the picture turns clockwise, then grows by `scale`, then moves by t. A neighbour of q outside the image counts as
/// `fill`; this is torchvision's `affine` with bilinear interpolation, except that shifts need not be whole pixels.
public final class Affine {

    private Affine() {}

    /// Warps the image in place.
    ///
    /// @param degrees clockwise
    /// @param scale > 0; 2 shows everything twice as large
    /// @param shiftX pixels to the right
    /// @param shiftY pixels down
    /// @param fill the value outside the image, for all channels: 0 black, 1 white
    public static void warp(ImageBuffer image, double degrees, double scale, double shiftX, double shiftY, float fill) {
        int height = image.height(), width = image.width();
        double angle = Math.toRadians(degrees), cos = Math.cos(angle) / scale, sin = Math.sin(angle) / scale;
        double centreX = (width - 1) / 2.0, centreY = (height - 1) / 2.0;
        float[][] y = image.spare(height * width);
        float[] r = image.plane(0), g = image.plane(1), b = image.plane(2);
        for (int row = 0; row < height; row++) {
            double v = row - centreY - shiftY;
            for (int column = 0; column < width; column++) {
                double u = column - centreX - shiftX;
                double x = centreX + cos * u + sin * v, z = centreY - sin * u + cos * v;
                int to = row * width + column;
                if (!(x > -1 && z > -1 && x < width && z < height)) {
                    y[0][to] = y[1][to] = y[2][to] = fill;
                    continue;
                }
                int left = (int) Math.floor(x), top = (int) Math.floor(z);
                float wx = (float) (x - left), wy = (float) (z - top);
                int at = top * width + left;
                if (left >= 0 && top >= 0 && left < width - 1 && top < height - 1) {
                    y[0][to] = mix(r[at], r[at + 1], r[at + width], r[at + width + 1], wx, wy);
                    y[1][to] = mix(g[at], g[at + 1], g[at + width], g[at + width + 1], wx, wy);
                    y[2][to] = mix(b[at], b[at + 1], b[at + width], b[at + width + 1], wx, wy);
                } else {
                    boolean west = left >= 0, east = left < width - 1, north = top >= 0, south = top < height - 1;
                    for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
                        float[] s = image.plane(c);
                        y[c][to] = mix(north && west ? s[at] : fill, north && east ? s[at + 1] : fill,
                                south && west ? s[at + width] : fill, south && east ? s[at + width + 1] : fill, wx, wy);
                    }
                }
            }
        }
        image.swap(height, width);
    }

    private static float mix(float nw, float ne, float sw, float se, float wx, float wy) {
        float north = nw + wx * (ne - nw), south = sw + wx * (se - sw);
        return north + wy * (south - north);
    }
}
