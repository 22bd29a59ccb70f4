package invar.ssl.data;

import java.util.List;
import java.util.stream.IntStream;

/// Images as bytes, and what is known of them. No tensors, no augmentation, no order: those are others' work.
///
/// An item may have several *drawings*: different pictures of the same thing, such as one emoji drawn by two vendors.
/// They make natural views for self-supervised learning. Most sets have one drawing of each item.
///
/// Implementations are immutable and may be read from several threads at once.
public interface Dataset {

    /// The label of an item without one.
    int UNLABELLED = -1;

    /// A short name, for logs and reports.
    String name();

    /// Number of items.
    int size();

    /// The shape of every image; three channels.
    ImageShape shape();

    /// Number of drawings of each item, at least 1.
    default int drawings() {
        return 1;
    }

    /// Writes one drawing of an item: unsigned bytes, 0 … 255, (3, H, W).
    ///
    /// @param index 0 … size − 1
    /// @param drawing 0 … drawings − 1
    /// @param into receives the first `shape().size()` bytes
    void read(int index, int drawing, byte[] into);

    /// Writes the first drawing of an item.
    default void read(int index, byte[] into) {
        read(index, 0, into);
    }

    /// The class of an item: an index into [#classes], or [#UNLABELLED].
    int label(int index);

    /// Names of the classes; empty if the set has no labels.
    List<String> classes();

    /// Where an item comes from, in words: a file, a record of a file, the code points of an emoji.
    String source(int index);

    /// The same images with each drawing an item of its own: item `i * drawings() + d` is drawing d of item i.
    default Dataset perDrawing() {
        return drawings() == 1 ? this : new PerDrawing(this);
    }

    /// At most `most` of the items, at even distances; all of them if there are no more.
    default Dataset thinned(int most) {
        int n = size();
        return n <= most ? this : new Subset(this, IntStream.range(0, most).map(i -> (int) ((long) i * n / most))
                .toArray());
    }
}
