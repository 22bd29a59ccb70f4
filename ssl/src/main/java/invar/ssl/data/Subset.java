package invar.ssl.data;

import java.util.List;
import java.util.Objects;

/// Some items of another set, in a given order.
public final class Subset implements Dataset {

    private final Dataset items;
    private final int[] indices;

    /// The items with the given indices, which may repeat.
    ///
    /// @throws IndexOutOfBoundsException if an index is not in `items`
    public Subset(Dataset items, int... indices) {
        this.items = items;
        this.indices = indices.clone();
        for (int index : indices) Objects.checkIndex(index, items.size());
    }

    /// The other set.
    public Dataset items() {
        return items;
    }

    /// Which of its items this one is.
    public int origin(int index) {
        return indices[index];
    }

    @Override
    public String name() {
        return items.name();
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public ImageShape shape() {
        return items.shape();
    }

    @Override
    public int drawings() {
        return items.drawings();
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        items.read(indices[index], drawing, into);
    }

    @Override
    public int label(int index) {
        return items.label(indices[index]);
    }

    @Override
    public List<String> classes() {
        return items.classes();
    }

    @Override
    public String source(int index) {
        return items.source(indices[index]);
    }
}
