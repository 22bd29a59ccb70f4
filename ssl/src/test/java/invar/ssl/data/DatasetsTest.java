package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.ssl.UserError;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Normalize;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetsTest {

    @TempDir
    Path folder;

    @Test
    void theDefaultIsInsideTheJar() {
        Split split = Datasets.open(Datasets.DEFAULT);
        assertThat(split.train().name()).isEqualTo("emoji32");
        assertThat(split.manifest().getFirst()).isEqualTo("part\tindex\tclass\tsource");
        assertThat(split.manifest()).hasSize(1 + split.train().size() + split.test().size());
    }

    @Test
    void everySetCanBeHadInAnotherSize() {
        var options = new Datasets.Options(20, 3, 30, 11);
        Split shapes = Datasets.open("shapes", options);
        assertThat(shapes.train().shape()).isEqualTo(ImageShape.square(20));
        assertThat(shapes.train().size()).isEqualTo(30);
        assertThat(shapes.test().size()).isEqualTo(11);
        Split emoji = Datasets.open("emoji32", options), original = Datasets.open("emoji32");
        assertThat(emoji.train().shape()).isEqualTo(ImageShape.square(20));
        assertThat(emoji.train().drawings()).isEqualTo(2);
        assertThat(emoji.test().size()).isEqualTo(original.test().size());
        byte[] small = new byte[1200], large = new byte[3072];
        for (int d = 0; d < 2; d++) {
            emoji.test().read(100, d, small);
            original.test().read(100, d, large);
            assertThat(emoji.test().label(100)).isEqualTo(original.test().label(100));
            assertThat(emoji.test().source(100)).isEqualTo(original.test().source(100));
            assertThat(mean(small)).isCloseTo(mean(large), within(2.0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "emoji33", "/no/such/path", "\0"})
    void unknownNamesAreAnsweredWithTheKnownOnes(String name) {
        assertThatThrownBy(() -> Datasets.open(name)).isInstanceOfSatisfying(UserError.class, e -> {
            assertThat(e.getMessage()).contains("'" + name + "'");
            assertThat(e.exitCode()).isEqualTo(2);
        });
    }

    @Test
    void filesOfOtherKindsAreRefused() {
        Path file = DataFiles.write(folder.resolve("notes.txt"), "hello".getBytes());
        assertThatThrownBy(() -> Datasets.open(file.toString())).isInstanceOf(UserError.class)
                .hasMessageContaining("notes.txt is a file of no known kind");
    }

    @Test
    void optionsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> Datasets.Options.DEFAULT.withSide(3)).isInstanceOf(UserError.class)
                .hasMessageContaining("4 to 4096 pixels but is 3");
        assertThatThrownBy(() -> new Datasets.Options(0, 0, 0, 5)).isInstanceOf(UserError.class)
                .hasMessageContaining("not 0 and 5");
    }

    @Test
    void drawingsCanBeItemsOfTheirOwn() {
        Dataset items = Datasets.open("emoji32").test(), flat = items.perDrawing();
        assertThat(flat.size()).isEqualTo(2 * items.size());
        assertThat(flat.drawings()).isEqualTo(1);
        byte[] one = new byte[3072], other = new byte[3072];
        for (int i : new int[] {0, 1, 7, flat.size() - 1}) {
            flat.read(i, one);
            items.read(i / 2, i % 2, other);
            assertThat(one).isEqualTo(other);
            assertThat(flat.label(i)).isEqualTo(items.label(i / 2));
        }
        assertThat(flat.source(3)).isEqualTo(items.source(1) + " drawing 1");
        assertThat(flat.perDrawing()).isSameAs(flat);
    }

    @Test
    void aSubsetKeepsTheOrderAskedFor() {
        Dataset all = Datasets.open("shapes").train(), some = new Subset(all, 5, 3, 5);
        assertThat(some.size()).isEqualTo(3);
        assertThat(List.of(some.source(0), some.source(1), some.source(2)))
                .containsExactly(all.source(5), all.source(3), all.source(5));
        assertThatThrownBy(() -> new Subset(all, 10_000)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void statisticsStandardiseTheSet() {
        Dataset set = Datasets.open("shapes", new Datasets.Options(9, 1, 40, 1)).train();
        Normalize normalize = ChannelStatistics.of(set);
        double[] sum = new double[3], squares = new double[3];
        for (int i = 0; i < 40; i++) {
            byte[] pixels = new byte[243];
            set.read(i, pixels);
            ImageBuffer image = new ImageBuffer().load(pixels, 9, 9);
            normalize.apply(image, null);
            for (int c = 0; c < 3; c++)
                for (int k = 0; k < 81; k++) {
                    sum[c] += image.plane(c)[k] / (40 * 81);
                    squares[c] += image.plane(c)[k] * image.plane(c)[k] / (40 * 81);
                }
        }
        assertThat(sum).containsExactly(new double[3], within(1e-5));
        assertThat(squares).containsExactly(new double[] {1, 1, 1}, within(1e-4));
    }

    @Test
    void whatCannotFitIsRefusedBeforehand() {
        assertThatCode(() -> PackedImages.requireMemory("x", 1000)).doesNotThrowAnyException();
        assertThatThrownBy(() -> PackedImages.requireMemory("x", Long.MAX_VALUE / 2)).isInstanceOf(UserError.class)
                .hasMessageContaining("x needs").hasMessageContaining("-Xmx");
    }

    @Test
    void theHoldoutIsAFifthAndTheSameForAllTime() {
        long held = IntStream.range(0, 20_000).filter(i -> Holdout.isTest("photo" + i + ".jpg")).count();
        assertThat(held / 20_000.0).isCloseTo(0.2, within(0.01));
        assertThat(IntStream.range(0, 20).filter(i -> Holdout.isTest("a/" + i)).boxed())
                .containsExactly(8, 11, 12, 15, 18);
    }

    @Test
    void neitherPartIsEverEmpty() {
        Dataset shapes = Datasets.open("shapes").train();
        for (int n = 2; n < 12; n++)
            for (int salt = 0; salt < 30; salt++) {
                String prefix = salt + "/";
                Dataset some = new Subset(shapes, IntStream.range(0, n).toArray());
                Split split = Holdout.split(some, i -> prefix + i, "item");
                assertThat(split.train().size()).isPositive();
                assertThat(split.test().size()).isPositive();
                assertThat(split.train().size() + split.test().size()).isEqualTo(n);
            }
        Split same = Holdout.split(new Subset(shapes, 0, 1), i -> "same", "item");
        assertThat(same.train().size() + same.test().size()).isEqualTo(2);
    }

    @Test
    void aUserErrorEndsWithOneOrTwo() {
        assertThat(new UserError("x").exitCode()).isEqualTo(2);
        assertThat(new UserError(UserError.FAILED, "x", null).exitCode()).isEqualTo(1);
        assertThatThrownBy(() -> new UserError(3, "x", null)).isInstanceOf(IllegalArgumentException.class);
    }

    private static double mean(byte[] image) {
        double sum = 0;
        for (byte b : image) sum += b & 0xFF;
        return sum / image.length;
    }
}
