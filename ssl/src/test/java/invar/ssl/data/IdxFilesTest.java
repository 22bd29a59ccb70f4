package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdxFilesTest {

    private static final String TRAIN = "train-images-idx3-ubyte", TEST = "t10k-images-idx3-ubyte";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bothPartsAreReadPlainAndGzipped(boolean gzipped) {
        put(TRAIN, DataFiles.idxImages(7, 5, 3), gzipped);
        put("train-labels-idx1-ubyte", DataFiles.idxLabels(7), gzipped);
        put(TEST, DataFiles.idxImages(2, 5, 3), gzipped);
        put("t10k-labels-idx1-ubyte", DataFiles.idxLabels(2), !gzipped);
        Split split = Datasets.open(folder.toString());
        assertThat(split.train().size()).isEqualTo(7);
        assertThat(split.test().size()).isEqualTo(2);
        assertThat(split.train().shape()).isEqualTo(new ImageShape(3, 5, 3));
        byte[] image = new byte[45];
        split.train().read(6, image);
        for (int i = 0; i < 45; i++) assertThat(image[i]).isEqualTo((byte) (60 + i % 15));     // grey in all channels
        assertThat(split.train().label(5)).isEqualTo(2);
        assertThat(split.train().classes()).hasSize(10).startsWith("0", "1");
        assertThat(split.test().source(1)).startsWith(TEST).endsWith("[1]");
    }

    @Test
    void fashionIsKnownByItsFolder() {
        put("fashion/" + TRAIN, DataFiles.idxImages(9, 4, 4), true);
        put("fashion/train-labels-idx1-ubyte", DataFiles.idxLabels(9), true);
        Split split = Datasets.open(folder.resolve("fashion").toString());
        assertThat(split.train().classes()).contains("Trouser", "Ankle boot");
        assertThat(split.train().size() + split.test().size()).isEqualTo(9);
        assertThat(split.rule()).contains("one image of train-images-idx3-ubyte.gz in 5 is held out");
    }

    @Test
    void damagedFilesAreRefusedInOneSentence() {
        byte[] images = DataFiles.idxImages(4, 3, 3), labels = DataFiles.idxLabels(4);
        refused("a", DataFiles.cut(images, 1), labels, false, "has 51 bytes but its header says 52");
        refused("b", DataFiles.cut(images, 1), labels, true, "ends before its contents are complete");
        refused("c", labels, labels, false, "begins with 0x00000801", "begins with 0x00000803");
        refused("d", images, images, false, "labels begins with 0x00000801");
        refused("e", images, DataFiles.idxLabels(5), true, "has 5 labels", "has 4 images");
        refused("f", ByteBuffer.allocate(60).put(images).array(), labels, true, "goes on after the 4 images");
        refused("g", images, DataFiles.cut(labels, 2), true, "ends before");
        refused("h", new byte[3], labels, false, "ends before");
        refused("i", header(-5, 3, 3), labels, true, "claims -5 images");
        refused("j", header(2_000_000_000, 28, 28), labels, true, "needs 1568.0 GB in memory");
        refused("k", header(1000, 100, 100), labels, true, "ends before");
        refused("l", header(3, 1 << 20, 1), labels, true, "claims 3 images of 1048576 x 1");
    }

    @Test
    void damagedGzipDataIsRefused() {
        byte[] zipped = DataFiles.gzip(DataFiles.idxImages(4, 3, 3));
        put("train-labels-idx1-ubyte", DataFiles.idxLabels(4), true);
        Path file = DataFiles.write(folder.resolve(TRAIN + ".gz"), DataFiles.cut(zipped, 12));
        assertThatThrownBy(() -> Datasets.open(file.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("ends before");
        DataFiles.write(file, DataFiles.idxImages(4, 3, 3));     // not gzip at all
        assertThatThrownBy(() -> Datasets.open(file.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("damaged gzip data");
    }

    @Test
    void missingLabelsAndAmbiguousFoldersAreRefused() {
        put(TRAIN, DataFiles.idxImages(4, 3, 3), true);
        assertThatThrownBy(() -> Datasets.open(folder.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("has no label file train-labels-idx1-ubyte[.gz] beside it");
        put("emnist-images-idx3-ubyte", DataFiles.idxImages(4, 3, 3), true);
        assertThatThrownBy(() -> Datasets.open(folder.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("2 training and 0 test files");
    }

    @Test
    void partsOfDifferentShapeAreRefused() {
        put(TRAIN, DataFiles.idxImages(4, 3, 3), false);
        put("train-labels-idx1-ubyte", DataFiles.idxLabels(4), false);
        put(TEST, DataFiles.idxImages(4, 3, 2), false);
        put("t10k-labels-idx1-ubyte", DataFiles.idxLabels(4), false);
        assertThatThrownBy(() -> Datasets.open(folder.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("3 x 3 x 3 but").hasMessageContaining("3 x 3 x 2");
    }

    private static byte[] header(int count, int rows, int columns) {
        return ByteBuffer.allocate(100).putInt(0x803).putInt(count).putInt(rows).putInt(columns).array();
    }

    private void refused(String name, byte[] images, byte[] labels, boolean gzipped, String... parts) {
        put(name + "-labels-idx1-ubyte", labels, gzipped);
        Path file = put(name + "-images-idx3-ubyte", images, gzipped);
        assertThatThrownBy(() -> Datasets.open(file.toString())).as(name).isInstanceOfSatisfying(UserError.class,
                e -> assertThat(e.getMessage()).contains(parts).contains(folder.toString()).endsWith("."));
    }

    private Path put(String name, byte[] bytes, boolean gzipped) {
        return gzipped ? DataFiles.write(folder.resolve(name + ".gz"), DataFiles.gzip(bytes))
                : DataFiles.write(folder.resolve(name), bytes);
    }
}
