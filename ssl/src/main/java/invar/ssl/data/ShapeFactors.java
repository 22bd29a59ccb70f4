package invar.ssl.data;

import invar.core.Philox;
import java.util.Arrays;
import java.util.Locale;

/// Everything that determines one image of [Shapes].
///
/// What is random but of no interest (where the occluder lies, the phase of the warp, the grains of noise) hangs on
/// `grain`, which moving a factor leaves alone.
public final class ShapeFactors {

    private final double[] values;
    private final long grain;

    private ShapeFactors(double[] values, long grain) {
        this.values = values;
        this.grain = grain;
    }

    /// Draws the factors of image `index`; each from a stream of its own.
    static ShapeFactors draw(long seed, long part, long index) {
        double[] values = new double[Factor.values().length];
        for (Factor factor : Factor.values())
            values[factor.ordinal()] = draw(factor, seed, part, index);
        Philox random = Philox.of(seed, part, index, values.length);
        return new ShapeFactors(values, (long) random.nextBits() << 32 | random.nextBits() & 0xFFFFFFFFL);
    }

    /// The shape of image `index` alone.
    static int shape(long seed, long part, long index) {
        return (int) draw(Factor.SHAPE, seed, part, index);
    }

    private static double draw(Factor factor, long seed, long part, long index) {
        return factor.draw(Philox.of(seed, part, index, factor.ordinal()));
    }

    /// The value of a factor.
    public double value(Factor factor) {
        return values[factor.ordinal()];
    }

    /// The same factors but for one, which moves by `delta`: periodic factors around the circle, whole numbers for the
    /// categorical ones, amplitudes not below 0.
    public ShapeFactors move(Factor factor, double delta) {
        return with(factor, factor.move(value(factor), delta));
    }

    /// The same factors but for one.
    public ShapeFactors with(Factor factor, double value) {
        double[] changed = values.clone();
        changed[factor.ordinal()] = value;
        return new ShapeFactors(changed, grain);
    }

    long grain() {
        return grain;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShapeFactors f && grain == f.grain && Arrays.equals(values, f.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values) * 31 + Long.hashCode(grain);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(Outline.NAMES.get((int) value(Factor.SHAPE)));
        for (Factor factor : Factor.values())
            if (factor != Factor.SHAPE)
                text.append(String.format(Locale.ROOT, " %s=%.3f", factor.name().toLowerCase(Locale.ROOT),
                        value(factor)));
        return text.toString();
    }
}
