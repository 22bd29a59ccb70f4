package invar.core.testkit;

import invar.core.Philox;
import invar.core.Shape;
import invar.core.fused.AugmentImages;
import invar.core.fused.AugmentImages.Change;
import java.util.ArrayList;
import java.util.List;

/// Cases of [AugmentImages]: boxes that shrink and grow, every change alone, and many after one another.
public final class AugmentCases {

    private AugmentCases() {}

    static List<Case> all() {
        List<Case> cases = new ArrayList<>();
        for (int[] s : new int[][] {{1, 1, 1}, {5, 7, 3}, {9, 17, 31}, {33, 31, 17}, {3, 2, 9}, {64, 48, 5}}) {
            for (Change change : Change.values()) add(cases, s, change);
            add(cases, s, Change.values());
            add(cases, s, Change.BLUR, Change.GREY, Change.HUE, Change.FLIP, Change.CONTRAST, Change.BRIGHTNESS);
        }
        return cases;
    }

    private static void add(List<Case> cases, int[] s, Change... changes) {
        AugmentImages op = new AugmentImages(s[0], s[1], s[2]);
        Input[] in = inputs(op, 3, 4, 1, changes);
        // sums of the pixels of a box and of a blur; dividing by a deviation of 0.2 makes values of up to 5
        cases.add(Case.of(List.of(changes).toString(), op, Tolerance.terms(5 * (s[0] + s[1] + s[2])), in));
    }

    /// Random images, views and amounts for these changes.
    ///
    /// @param images M
    /// @param views  N
    public static Input[] inputs(AugmentImages op, int images, int views, long seed, Change... changes) {
        Philox random = new Philox(seed, op.hashCode());
        int[] words = new int[images * op.words()], which = new int[views];
        byte[] bytes = new byte[3 * op.height() * op.width()];
        for (int m = 0; m < images; m++) {
            for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) random.nextBits();
            AugmentImages.pack(bytes, words, m * op.words());
        }
        int numbers = AugmentImages.BOX + AugmentImages.EACH * changes.length;
        double[] rows = new double[views * numbers];
        for (int i = 0; i < views; i++) {
            which[i] = random.nextInt(images);
            int at = i * numbers, h = 1 + random.nextInt(op.height()), w = 1 + random.nextInt(op.width());
            boolean beyond = i == 1;                                  // as it is, from outside of the image
            rows[at] = beyond ? -1 : random.nextInt(op.height() - h + 1);
            rows[at + 1] = beyond ? op.width() - op.side() + 1 : random.nextInt(op.width() - w + 1);
            rows[at + 2] = beyond ? op.side() : h;
            rows[at + 3] = beyond ? op.side() : w;
            for (Change change : changes) {
                at += AugmentImages.EACH;
                rows[at + 1] = change.ordinal();
                rows[at + 2] = amount(change, random);
                rows[at + 3] = change == Change.BLUR ? 2 * random.nextInt(op.side()) + 1 : 0.2;
            }
        }
        return new Input[] {Input.integers(Shape.of(images, op.words()), words),
            Input.integers(Shape.of(views), which), Input.of(Shape.of(views, numbers), rows)};
    }

    private static double amount(Change change, Philox random) {
        return switch (change) {
            case HUE -> random.uniform(-0.5, 0.5);
            case SOLARIZE -> 0.5;                     // where 1 − x is x, so that rounding does not show
            case BLUR -> random.uniform(0.1, 2);
            default -> random.uniform(0.3, 1.7);
        };
    }
}
