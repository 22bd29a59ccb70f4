package invar.ssl.data;

import invar.ssl.UserError;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.ResizeCenterCrop;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Images held in memory as bytes, one array each; grey images are stored once and replicated when read.
final class PackedImages implements Dataset {

    private final String name;
    private final ImageShape shape;
    private final int drawings;
    private final byte[][] images;                               // drawing d of item i at i · drawings + d
    private final int[] labels;
    private final List<String> classes;
    private final IntFunction<String> source;

    /// @param images (3, H, W) or, if grey, (H, W) bytes each
    /// @param labels one for each item, or none at all
    PackedImages(String name, ImageShape shape, int drawings, byte[][] images, int[] labels, List<String> classes,
            IntFunction<String> source) {
        if (images.length % drawings != 0) throw new IllegalArgumentException("a drawing is missing");
        this.name = name;
        this.shape = shape;
        this.drawings = drawings;
        this.images = images;
        this.labels = labels;
        this.classes = List.copyOf(classes);
        this.source = source;
    }

    /// The same set with every image's middle square resized to `side` × `side`, antialiased; on all cores.
    static Dataset resized(Dataset set, int side) {
        ImageShape from = set.shape(), to = ImageShape.square(side);
        if (from.equals(to)) return set;
        long count = (long) set.size() * set.drawings();
        requireMemory(set.name(), count * to.size());
        byte[][] images = new byte[Math.toIntExact(count)][];
        ResizeCenterCrop resize = new ResizeCenterCrop(side, 1);
        ThreadLocal<ImageBuffer> buffer = ThreadLocal.withInitial(ImageBuffer::new);
        IntStream.range(0, images.length).parallel().forEach(i -> {
            byte[] pixels = new byte[from.size()];
            set.read(i / set.drawings(), i % set.drawings(), pixels);
            ImageBuffer image = buffer.get().load(pixels, from.height(), from.width());
            resize.apply(image, null);
            image.copyTo(images[i] = new byte[to.size()]);
        });
        int[] labels = IntStream.range(0, set.size()).map(set::label).toArray();
        return new PackedImages(set.name(), to, set.drawings(), images, labels, set.classes(), set::source);
    }

    /// Refuses a set that cannot fit, before anything is allocated.
    ///
    /// @throws UserError if `bytes` are more than the Java heap may grow to
    static void requireMemory(String name, long bytes) {
        long heap = Runtime.getRuntime().maxMemory();
        if (bytes > heap - heap / 8)
            throw new UserError(String.format(Locale.ROOT, "%s needs %.1f GB in memory but the Java heap ends at %.1f"
                    + " GB: use smaller images or start java with a larger -Xmx.", name, bytes / 1e9, heap / 1e9));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return images.length / drawings;
    }

    @Override
    public ImageShape shape() {
        return shape;
    }

    @Override
    public int drawings() {
        return drawings;
    }

    @Override
    public void read(int index, int drawing, byte[] into) {
        byte[] image = images[index * drawings + Objects.checkIndex(drawing, drawings)];
        int copies = shape.size() / image.length;                // 3 for grey, else 1
        for (int c = 0; c < copies; c++) System.arraycopy(image, 0, into, c * image.length, image.length);
    }

    @Override
    public int label(int index) {
        Objects.checkIndex(index, size());
        return labels.length == 0 ? UNLABELLED : labels[index];
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public String source(int index) {
        return source.apply(Objects.checkIndex(index, size()));
    }
}
