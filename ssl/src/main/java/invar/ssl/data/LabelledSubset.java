package invar.ssl.data;

import invar.core.Philox;
import invar.ssl.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// The images whose labels a method with few labels may see.
public final class LabelledSubset {

    /// Names the random streams that choose.
    private static final long CHOICE = -3;

    private LabelledSubset() {}

    /// Of every class the same share, rounded, but at least one image: class by class the first of a random order.
    ///
    /// @param fraction in (0, 1]
    /// @param seed     of the choice
    /// @throws UserError if the data have no labels
    public static Dataset of(Dataset data, double fraction, long seed) {
        if (!(fraction > 0 && fraction <= 1)) {
            throw new IllegalArgumentException("the fraction must be above 0 and at most 1 but is " + fraction);
        }
        int classes = data.classes().size();
        if (classes == 0) {
            throw new UserError("The data " + data.name() + " have no labels, but the method needs some.");
        }
        List<Integer> chosen = new ArrayList<>();
        for (int c = 0; c < classes; c++) {
            int label = c;
            int[] members = IntStream.range(0, data.size()).filter(i -> data.label(i) == label).toArray();
            if (members.length == 0) continue;
            int count = (int) Math.max(1, Math.round(fraction * members.length));
            int[] order = Philox.of(seed, CHOICE, c).permutation(members.length);
            for (int i = 0; i < count; i++) chosen.add(members[order[i]]);
        }
        return new Subset(data, chosen.stream().mapToInt(i -> i).sorted().toArray());
    }
}
