package invar.ssl.study;

import invar.core.Philox;
import invar.ssl.data.Dataset;
import invar.ssl.data.ImageShape;
import java.util.List;

/// Images of flat patches, each dark or light by the toss of a coin: none says anything about another.
///
/// @param size  how many images
/// @param grid  patches on each side
/// @param patch side of a patch in pixels
record Coins(int size, int grid, int patch) implements Dataset {

    private static final int DARK = 64, LIGHT = 192;

    @Override
    public String name() {
        return "coins";
    }

    @Override
    public ImageShape shape() {
        return ImageShape.square(grid * patch);
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        Philox random = Philox.of(7, index);
        int side = grid * patch;
        boolean[] light = new boolean[grid * grid];
        for (int i = 0; i < light.length; i++) light[i] = random.nextInt(2) == 1;
        for (int at = 0; at < shape().size(); at++) {
            int row = at / side % side / patch, column = at % side / patch;
            into[at] = (byte) (light[row * grid + column] ? LIGHT : DARK);
        }
    }

    @Override
    public int label(int index) {
        return UNLABELLED;
    }

    @Override
    public List<String> classes() {
        return List.of();
    }

    @Override
    public String source(int index) {
        return "coins " + index;
    }
}
