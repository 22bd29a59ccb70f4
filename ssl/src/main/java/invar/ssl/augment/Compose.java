package invar.ssl.augment;

import invar.core.Philox;
import java.util.ArrayList;
import java.util.List;

/// Augmentations one after the other, and the rule by which they draw.
///
/// Every augmentation reads a random stream of its own, named by
/// ```
/// (epoch, index of the image, view, kind of augmentation, how many of this kind came before)
/// ```
/// under the run's seed. So an image's view depends on nothing but these numbers, not on threads or batches, and
/// adding, removing or moving an augmentation leaves the draws of all other kinds as they were.
///
/// @param steps in order of application
public record Compose(List<Augmentation> steps) {

    /// Copies the list.
    public Compose {
        steps = List.copyOf(steps);
    }

    /// The given steps.
    public static Compose of(Augmentation... steps) {
        return new Compose(List.of(steps));
    }

    /// These steps, then `step`.
    public Compose then(Augmentation step) {
        List<Augmentation> longer = new ArrayList<>(steps);
        longer.add(step);
        return new Compose(longer);
    }

    /// Changes the image in place.
    ///
    /// @param seed of the run
    /// @param epoch counted from 0
    /// @param index of the image in its data set
    /// @param view 0 for the first view of the image, 1 for the second, …
    public void apply(ImageBuffer image, long seed, long epoch, long index, long view) {
        for (int i = 0; i < steps.size(); i++) {
            Augmentation step = steps.get(i);
            step.apply(image, Philox.of(seed, epoch, index, view, step.kind().hashCode(), occurrence(i)));
        }
    }

    /// Adds to `row` what [#apply] would do, from the same streams.
    void list(ViewRow row, long seed, long epoch, long index, long view) {
        for (int i = 0; i < steps.size(); i++) {
            Augmentation step = steps.get(i);
            step.list(row, Philox.of(seed, epoch, index, view, step.kind().hashCode(), occurrence(i)));
        }
    }

    /// How many of the steps before step `i` are of its kind.
    private int occurrence(int i) {
        int count = 0;
        for (int j = 0; j < i; j++) if (steps.get(j).getClass() == steps.get(i).getClass()) count++;
        return count;
    }
}
