package invar.ssl.data;

import java.util.List;

/// See [Dataset#perDrawing].
record PerDrawing(Dataset items) implements Dataset {

    @Override
    public String name() {
        return items.name();
    }

    @Override
    public int size() {
        return Math.multiplyExact(items.size(), items.drawings());
    }

    @Override
    public ImageShape shape() {
        return items.shape();
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        if (drawing != 0) throw new IndexOutOfBoundsException("drawing " + drawing + " of 1");
        items.read(index / items.drawings(), index % items.drawings(), into);
    }

    @Override
    public int label(int index) {
        return items.label(index / items.drawings());
    }

    @Override
    public List<String> classes() {
        return items.classes();
    }

    @Override
    public String source(int index) {
        return items.source(index / items.drawings()) + " drawing " + index % items.drawings();
    }
}
