package invar.ssl.method;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a method asks of data and memory, for those who choose one, and for the trainer, which provides it.
///
/// @param views    global views of each image that the loss takes
/// @param local    whether it also takes smaller crops, if the augmentation makes any
/// @param labels   whether some images must have labels
/// @param pieces   what each view is a mosaic of, `tiles` or `patches`; empty for whole images. How many, says the
///                 method's record of settings, which is then [Gridded]
/// @param upright  whether views must stand nearly as the images do, because the method asks how they were turned
/// @param momentum whether a second network follows by a moving average
/// @param memory   what is kept beside networks: `queue`, `bank`, `prototypes`, …; empty if nothing
public record Needs(int views, boolean local, boolean labels, Optional<String> pieces, boolean upright,
        boolean momentum, List<String> memory) {

    /// Copies the list.
    public Needs {
        memory = List.copyOf(memory);
        if (views < 1) throw new IllegalArgumentException("a method needs at least one view, not " + views);
    }

    /// So many views of each image, and nothing else.
    public static Needs views(int count) {
        return new Needs(count, false, false, Optional.empty(), false, false, List.of());
    }

    /// The same with small crops.
    public Needs withLocal() {
        return new Needs(views, true, labels, pieces, upright, momentum, memory);
    }

    /// The same with labels for some images.
    public Needs withLabels() {
        return new Needs(views, local, true, pieces, upright, momentum, memory);
    }

    /// The same with mosaics of these pieces for views.
    public Needs ofPieces(String kind) {
        return new Needs(views, local, labels, Optional.of(kind), upright, momentum, memory);
    }

    /// The same with views that stand as the images do.
    public Needs standing() {
        return new Needs(views, local, labels, pieces, true, momentum, memory);
    }

    /// The same with a network that follows by a moving average.
    public Needs withMomentum() {
        return new Needs(views, local, labels, pieces, upright, true, memory);
    }

    /// The same with something kept from step to step.
    public Needs with(String kept) {
        List<String> more = new ArrayList<>(memory);
        more.add(kept);
        return new Needs(views, local, labels, pieces, upright, momentum, more);
    }

    /// In words, as in `2 views, momentum network, queue`.
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        words.add(views == 1 ? "1 view" : views + " views");
        pieces.ifPresent(kind -> words.add("mosaic of " + kind));
        if (local) words.add("small crops");
        if (labels) words.add("labels");
        if (momentum) words.add("momentum network");
        words.addAll(memory);
        return String.join(", ", words);
    }
}
