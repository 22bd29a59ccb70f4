package invar.ssl.method;

import invar.core.Philox;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.List;

/// Images that a few labels and a small network are enough for: plane waves in any direction, of any phase and colour,
/// under noise; the class is how many of them there are across the image. Neither flips nor turns nor shifts change it.
record Waves(long seed, int size) implements Dataset {

    static final int SIDE = 16;

    private static final double[] CYCLES = {1, 2, 3.2, 4.6, 6.2};

    @Override
    public void read(int index, int drawing, byte[] into) {
        Philox random = Philox.of(seed, index);
        double angle = random.uniform(0, Math.PI), phase = random.uniform(0, 2 * Math.PI);
        double frequency = 2 * Math.PI * CYCLES[label(index)] * random.uniform(0.93, 1.07) / SIDE;
        double[] strength = {random.uniform(0.2, 0.4), random.uniform(0.2, 0.4), random.uniform(0.2, 0.4)};
        for (int k = 0, area = SIDE * SIDE; k < 3 * area; k++) {
            double along = Math.cos(angle) * (k % SIDE) + Math.sin(angle) * (k % area / SIDE);
            double value = 0.5 + strength[k / area] * Math.sin(frequency * along + phase)
                    + 0.08 * random.nextGaussian();
            into[k] = (byte) (int) Math.clamp(255 * value, 0, 255);
        }
    }

    @Override
    public int label(int index) {
        return index % CYCLES.length;
    }

    @Override
    public List<String> classes() {
        return List.of("1", "2", "3.2", "4.6", "6.2");
    }

    @Override
    public ImageShape shape() {
        return ImageShape.square(SIDE);
    }

    @Override
    public String name() {
        return "waves";
    }

    @Override
    public String source(int index) {
        return "wave " + index + " of seed " + seed;
    }
}
