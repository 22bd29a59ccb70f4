package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarFilesTest {

    @TempDir
    Path folder;

    @Test
    void whicheverBatchesThereAreBecomeTheTrainingSet() {
        put("data_batch_1.bin", DataFiles.cifar(3, 0));
        put("data_batch_4.bin", DataFiles.cifar(5, 7));
        put("test_batch.bin", DataFiles.cifar(2, 4));
        put("readme.html", new byte[10]);
        check(Datasets.open(folder.toString()));
    }

    @Test
    void theArchiveIsReadAsItIs() throws IOException {
        byte[] archive = archive(Map.of("data_batch_1.bin", DataFiles.cifar(3, 0), "data_batch_4.bin",
                DataFiles.cifar(5, 7), "test_batch.bin", DataFiles.cifar(2, 4), "batches.meta.txt", new byte[61]));
        Path file = put("cifar-10-binary.tar.gz", archive);
        check(Datasets.open(file.toString()));
        check(Datasets.open(folder.toString()));
    }

    private static void check(Split split) {
        Dataset train = split.train(), test = split.test();
        assertThat(train.size()).isEqualTo(8);
        assertThat(test.size()).isEqualTo(2);
        assertThat(train.shape()).isEqualTo(new ImageShape(3, 32, 32));
        assertThat(train.label(2)).isEqualTo(2);
        assertThat(train.label(4)).isEqualTo(8);
        assertThat(train.classes().get(train.label(4))).isEqualTo("ship");
        byte[] image = new byte[3072];
        train.read(4, image);
        assertThat(image).startsWith(1, 2, 3);                   // record 1 of batch 4
        assertThat(image[3071]).isEqualTo((byte) (1 + 3071 % 251));
        assertThat(train.source(2)).isEqualTo("data_batch_1.bin[2]");
        assertThat(train.source(3)).isEqualTo("data_batch_4.bin[0]");
        assertThat(split.rule()).isEqualTo("train: data_batch_1.bin, data_batch_4.bin; test: test_batch.bin");
        assertThat(split.manifest()).hasSize(11).contains("test\t1\tfrog\ttest_batch.bin[1]".replace("frog", "dog"));
    }

    @Test
    void withoutATestBatchAFifthIsHeldOut() {
        Path file = put("data_batch_2.bin", DataFiles.cifar(100, 0));
        for (Path path : new Path[] {file, folder}) {
            Split split = Datasets.open(path.toString());
            assertThat(split.train().size() + split.test().size()).isEqualTo(100);
            assertThat(split.test().size()).isBetween(8, 35);
            assertThat(split.rule()).isEqualTo("one image of data_batch_2.bin in 5 is held out, by a hash");
        }
    }

    @Test
    void damagedFilesAreRefusedInOneSentence() throws IOException {
        refused(put("a/data_batch_1.bin", DataFiles.cut(DataFiles.cifar(2, 0), 1)), "data_batch_1.bin has 6145 bytes",
                "multiple of the 3073 bytes");
        refused(put("b/data_batch_1.bin", new byte[0]), "has 0 bytes");
        byte[] badLabel = DataFiles.cifar(2, 0);
        badLabel[3073] = 10;
        refused(put("c/data_batch_1.bin", badLabel), "record 1 has label 10", "0 to 9");
        byte[] archive = archive(Map.of("data_batch_1.bin", DataFiles.cifar(4, 0)));
        refused(put("d/x.tar.gz", DataFiles.cut(archive, archive.length / 2)), "x.tar.gz ends before", "cut off");
        refused(put("e/x.tar.gz", new byte[50]), "x.tar.gz is not a readable .tar.gz archive");
        refused(put("f/x.tar.gz", archive(Map.of("data_batch_1", new byte[9]))), "holds no data_batch_*.bin");
        refused(put("g/x.tar.gz", archive(Map.of("data_batch_1.bin", new byte[9]))), "data_batch_1.bin has 9 bytes");
    }

    private static void refused(Path path, String... parts) {
        assertThatThrownBy(() -> Datasets.open(path.toString())).isInstanceOfSatisfying(UserError.class, e -> {
            assertThat(e.getMessage()).contains(parts).endsWith(".").doesNotContain("\n");
            assertThat(e.exitCode()).isEqualTo(2);
        });
    }

    private Path put(String name, byte[] bytes) {
        return DataFiles.write(folder.resolve(name), bytes);
    }

    private static byte[] archive(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            for (var file : new TreeMap<>(files).entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry("cifar-10-batches-bin/" + file.getKey());
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return DataFiles.gzip(out.toByteArray());
    }
}
