package invar.ssl.augment;

import invar.core.fused.AugmentImages;
import invar.core.fused.AugmentImages.Change;
import java.util.Arrays;

/// What is to be done to one view, as a row of numbers that [AugmentImages] reads. Not thread-safe.
public final class ViewRow {

    private final float[] numbers;
    private final int height, width;
    private int at, side;

    /// @param height of the images
    /// @param width  of the images
    /// @param changes for how many changes there is room
    public ViewRow(int height, int width, int changes) {
        this.height = height;
        this.width = width;
        this.numbers = new float[AugmentImages.BOX + AugmentImages.EACH * changes];
    }

    /// How many numbers a row has.
    public int length() {
        return numbers.length;
    }

    /// Draws what `view` would do to an image, from the same streams; see [Compose#apply].
    ///
    /// @throws IllegalArgumentException if a step does not fit the size of the view
    public void draw(Compose view, long seed, long epoch, long index, long number) {
        Arrays.fill(numbers, 0);                             // what is not used is Change.NONE
        at = AugmentImages.BOX;
        view.list(this, seed, epoch, index, number);
    }

    /// Writes the row into `target` from `offset` on.
    public void copyTo(float[] target, int offset) {
        System.arraycopy(numbers, 0, target, offset, numbers.length);
    }

    int height() {
        return height;
    }

    int width() {
        return width;
    }

    /// S, once the crop is there.
    int side() {
        return side;
    }

    /// The crop: this box, resized to `side` × `side`.
    void crop(RandomResizedCrop.Box box, int side) {
        this.side = side;
        numbers[0] = box.top();
        numbers[1] = box.left();
        numbers[2] = box.height();
        numbers[3] = box.width();
    }

    /// The next change.
    void add(Change change, double a, double b) {
        numbers[at] = change.ordinal();
        numbers[at + 1] = (float) a;
        numbers[at + 2] = (float) b;
        at += AugmentImages.EACH;
    }

    /// The next change, of one amount or none.
    void add(Change change, double a) {
        add(change, a, 0);
    }
}
