package invar.ssl.data;

/// The extents of one image, stored plane by plane: (channels, height, width), row-major.
///
/// @param channels 3: grey sources are replicated
/// @param height in pixels
/// @param width in pixels
public record ImageShape(int channels, int height, int width) {

    /// Checks that all extents are positive.
    public ImageShape {
        if (channels < 1 || height < 1 || width < 1)
            throw new IllegalArgumentException("image extents must be positive but are " + channels + " x " + height
                    + " x " + width);
    }

    /// A square RGB image.
    public static ImageShape square(int side) {
        return new ImageShape(3, side, side);
    }

    /// Bytes of one image.
    public int size() {
        return channels * height * width;
    }

    @Override
    public String toString() {
        return channels + " x " + height + " x " + width;
    }
}
