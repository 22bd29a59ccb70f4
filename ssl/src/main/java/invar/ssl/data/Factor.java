package invar.ssl.data;

import invar.core.Philox;

/// What varies from image to image in [Shapes], each with the range it is drawn from uniformly.
///
/// The unit of length is half the image's side, so the image is −1 … 1 in both directions, y upwards.
public enum Factor {

    /// Which of the ten shapes; the class label.
    SHAPE(0, 10, 10),
    /// Flat, stripes, checker, dots, gradient or value noise, fixed to the shape.
    TEXTURE(0, 6, 6),
    /// Hue of the shape, in turns.
    FOREGROUND_HUE(0, 1, 1),
    /// Hue of the background, in turns.
    BACKGROUND_HUE(0, 1, 1),
    /// Difference in lightness between shape and background.
    CONTRAST(0.35, 1, 0),
    /// Position of the centre to the right.
    X(-0.3, 0.3, 0),
    /// Position of the centre upwards.
    Y(-0.3, 0.3, 0),
    /// Radius of the shape.
    SCALE(0.4, 0.75, 0),
    /// Turn of the shape, counter-clockwise, in turns.
    ROTATION(0, 1, 1),
    /// Amplitude of a sine-shaped displacement, in units of the shape's radius.
    WARP(0, 0.1, 0),
    /// Radius of a grey disc over the edge of the shape, in units of the shape's radius.
    OCCLUDER(0, 0.4, 0),
    /// Standard deviation of a Gaussian blur, in 32nds of the side: pixels of a 32-pixel image.
    BLUR(0, 0.7, 0),
    /// Standard deviation of noise on every pixel and channel, where 1 is white.
    NOISE(0, 0.05, 0);

    private final double low, high, period;

    Factor(double low, double high, double period) {
        this.low = low;
        this.high = high;
        this.period = period;
    }

    /// Smallest value drawn.
    public double low() {
        return low;
    }

    /// Upper end of the values drawn, exclusive.
    public double high() {
        return high;
    }

    /// After which values repeat (turns, and the numbers of shapes and textures), or 0.
    public double period() {
        return period;
    }

    /// Whether values are whole numbers: [#SHAPE] and [#TEXTURE].
    public boolean isCategorical() {
        return period > 1;
    }

    double draw(Philox random) {
        return isCategorical() ? random.nextInt((int) period) : random.uniform(low, high);
    }

    /// `value` + `delta`: around the circle if periodic, whole if categorical; a size or an amplitude stays ≥ 0, and a
    /// scale stays above a tenth of the image.
    double move(double value, double delta) {
        double moved = value + (isCategorical() ? Math.rint(delta) : delta);
        if (period > 0) return moved - period * Math.floor(moved / period);
        return switch (this) {
            case X, Y -> moved;
            case SCALE -> Math.max(moved, 0.1);
            case CONTRAST -> Math.clamp(moved, 0, 1);
            default -> Math.max(moved, 0);
        };
    }
}
