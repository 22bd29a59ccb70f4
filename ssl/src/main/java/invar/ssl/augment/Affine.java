package invar.ssl.augment;

import java.util.Arrays;

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
        int height = image.height(), width = image.width(), stride = width + 3;
        double angle = Math.toRadians(degrees);
        float cos = (float) (Math.cos(angle) / scale), sin = (float) (Math.sin(angle) / scale);
        float centreX = (width - 1) / 2f, centreY = (height - 1) / 2f;
        float[][] x = image.spare((height + 3) * stride), y = image.planes();
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) frame(y[c], height, width, fill, x[c]);
        for (int row = 0, to = 0; row < height; row++) {
            float v = row - centreY - (float) shiftY;
            float left = centreX + sin * v + 1, top = centreY + cos * v + 1;         // + 1: the frame
            for (int column = 0; column < width; column++, to++) {
                float u = column - centreX - (float) shiftX;
                float qx = Math.min(Math.max(left + cos * u, 0f), width + 1f);       // far outside is as good as just
                float qy = Math.min(Math.max(top - sin * u, 0f), height + 1f);       // outside: fill on either side
                int ix = (int) qx, iy = (int) qy, at = iy * stride + ix;
                float wx = qx - ix, wy = qy - iy;
                y[0][to] = mix(x[0], at, stride, wx, wy);
                y[1][to] = mix(x[1], at, stride, wx, wy);
                y[2][to] = mix(x[2], at, stride, wx, wy);
            }
        }
    }

    /// The plane with one pixel of `fill` before it and two behind it on both axes, so that no pixel is a special case.
    private static void frame(float[] x, int height, int width, float fill, float[] framed) {
        int stride = width + 3;
        Arrays.fill(framed, 0, (height + 3) * stride, fill);
        for (int row = 0; row < height; row++)
            System.arraycopy(x, row * width, framed, (row + 1) * stride + 1, width);
    }

    private static float mix(float[] x, int at, int stride, float wx, float wy) {
        float north = x[at] + wx * (x[at + 1] - x[at]);
        float south = x[at + stride] + wx * (x[at + stride + 1] - x[at + stride]);
        return north + wy * (south - north);
    }
}
