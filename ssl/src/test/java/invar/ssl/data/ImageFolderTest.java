package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.ssl.UserError;
import invar.ssl.augment.Resampler;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFolderTest {

    private static final int RED = 0xFFC80A14, GREEN = 0xFF0AC814;

    @TempDir
    Path root;

    @ParameterizedTest
    @ValueSource(strings = {"val", "valid", "validation", "test"})
    void trainAndTestFoldersAreTakenAsTheyAre(String test) {
        put("train/rose/a.png", png(9, 9, RED));
        put("train/rose/deep/b.jpg", encode("jpg", 20, 12, RED));
        put("train/aster/c.bmp", encode("bmp", 8, 8, GREEN));
        put("train/aster/notes.txt", new byte[] {1});
        put("train/.cache/x.png", png(8, 8, RED));
        put(test + "/rose/d.gif", encode("gif", 8, 30, RED));
        Split split = Datasets.open(root.toString(), Datasets.Options.DEFAULT.withSide(6));
        assertThat(split.train().classes()).containsExactly("aster", "rose");
        assertThat(split.train().size()).isEqualTo(3);
        assertThat(split.train().source(2)).isEqualTo("train/rose/deep/b.jpg");
        assertThat(split.train().label(2)).isEqualTo(1);
        assertThat(split.test().label(0)).isEqualTo(1);          // numbered by the training classes
        assertThat(split.test().source(0)).isEqualTo(test + "/rose/d.gif");
        assertThat(split.train().shape()).isEqualTo(ImageShape.square(6));
        for (int i = 0; i < 3; i++) {
            byte[] image = new byte[108];
            split.train().read(i, image);
            int colour = i == 0 ? GREEN : RED;
            for (int c = 0; c < 3; c++)
                for (int k = 0; k < 36; k++)
                    assertThat(image[c * 36 + k] & 0xFF).isCloseTo(colour >> 16 - 8 * c & 0xFF, within(6));    // JPEG
        }
        assertThat(split.rule()).isEqualTo("train: folder train; test: folder " + test);
    }

    @Test
    void classFoldersWithoutATestPartGiveAFifth() {
        for (int i = 0; i < 40; i++) put((i % 2 == 0 ? "cat/" : "dog/") + i + ".png", png(4, 4, RED));
        Split split = Datasets.open(root.toString());
        assertThat(split.train().classes()).containsExactly("cat", "dog");
        assertThat(split.train().size() + split.test().size()).isEqualTo(40);
        assertThat(split.test().size()).isBetween(1, 20);
        assertThat(split.manifest()).hasSize(41).doesNotHaveDuplicates();
        assertThat(split.train().shape()).isEqualTo(ImageShape.square(Datasets.FOLDER_SIDE));
        assertThat(Datasets.open(root.toString()).manifest()).isEqualTo(split.manifest());
    }

    @Test
    void anythingElseIsUnlabelled() {
        put("a.png", png(4, 4, RED));
        put("holiday/b.png", png(4, 4, RED));
        put("holiday/2024/c.png", png(4, 4, RED));
        put("pets/d.png", png(4, 4, RED));
        Split split = Datasets.open(root.toString());
        assertThat(split.train().classes()).isEmpty();
        assertThat(split.train().size() + split.test().size()).isEqualTo(4);
        assertThat(split.test().size()).isPositive();
        assertThat(split.train().label(0)).isEqualTo(Dataset.UNLABELLED);
    }

    @Test
    void dotsInThePathOfTheFolderDoNotMatter() throws IOException {
        put(".cache/set/a/1.png", png(4, 4, RED));
        put(".cache/set/b/2.png", png(4, 4, RED));
        put(".cache/set/.git/c/3.png", png(4, 4, RED));
        put(".cache/set/b/.4.png", new byte[9]);
        for (String path : new String[] {".cache/set", "./.cache/../.cache/set/."}) {
            Split split = Datasets.open(root + "/" + path);
            assertThat(split.train().classes()).containsExactly("a", "b");
            assertThat(split.train().name()).isEqualTo("set");
            assertThat(split.train().size() + split.test().size()).isEqualTo(2);
        }
        put(".cache/set/0.png", png(4, 4, RED));                 // an image beside the folders: they are no classes
        assertThat(Datasets.open(root + "/.cache/set").train().classes()).isEmpty();
    }

    @Test
    void greyBytesAreKeptAndTransparencyIsWhite() throws IOException {
        BufferedImage grey = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < 16; i++) grey.getRaster().setSample(i % 4, i / 4, 0, 16 * i);
        BufferedImage clear = new BufferedImage(4, 4, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 16; i++) clear.setRGB(i % 4, i / 4, i < 8 ? 0x00FF0000 : 0x80FF0000);
        BufferedImage deep = new BufferedImage(4, 4, BufferedImage.TYPE_USHORT_GRAY);
        for (int i = 0; i < 16; i++) deep.getRaster().setSample(i % 4, i / 4, 0, 16 * i * 257);
        byte[] pixels = ImageFiles.square(put("grey.png", encode("png", grey)), 4, new Resampler());
        byte[] deepPixels = ImageFiles.square(put("deep.png", encode("png", deep)), 4, new Resampler());
        byte[] shown = ImageFiles.square(put("clear.png", encode("png", clear)), 4, new Resampler());
        for (int i = 0; i < 16; i++)
            for (int c = 0; c < 3; c++) {
                assertThat(pixels[c * 16 + i]).isEqualTo((byte) (16 * i));
                assertThat(deepPixels[c * 16 + i]).isEqualTo((byte) (16 * i));
                assertThat(shown[c * 16 + i] & 0xFF).isEqualTo(c == 0 || i < 8 ? 255 : 127);
            }
    }

    @Test
    void theMiddleSquareIsShrunkWithoutAliasing() throws IOException {
        BufferedImage image = new BufferedImage(64, 32, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 64; x++)
                image.setRGB(x, y, x < 16 || x >= 48 ? 0xFF0000 : (x + y) % 2 == 0 ? 0xFFFFFF : 0);
        byte[] pixels = ImageFiles.square(put("x.png", encode("png", image)), 8, new Resampler());
        for (byte b : pixels) assertThat(b & 0xFF).isCloseTo(127, within(8));     // no red, and no black or white
    }

    @Test
    void webpIsRead() throws IOException {
        byte[] lossless = Base64.getDecoder().decode("UklGRiIAAABXRUJQVlA4TBEAAAAvAAAAAAfQ//73v/+BiOh/AAA=");
        byte[] lossy = Base64.getDecoder().decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=");
        assertThat(ImageFiles.square(put("a.webp", lossless), 4, new Resampler())).hasSize(48);
        assertThat(ImageFiles.square(put("b.webp", lossy), 4, new Resampler())).hasSize(48);
    }

    @Test
    void damagedImagesAreNamed() {
        put("good/a.png", png(9, 9, RED));
        put("good/b.png", png(9, 9, RED));
        byte[] png = noise("png"), jpg = noise("jpg");
        refused("png", DataFiles.cut(png, png.length / 2));
        refused("png", DataFiles.cut(png, png.length - 20));
        refused("png", new byte[0]);
        refused("png", "not an image".getBytes());
        refused("jpg", DataFiles.cut(jpg, jpg.length / 2));
        refused("jpg", DataFiles.cut(jpg, jpg.length - 3));
        byte[] huge = png.clone();
        huge[16] = 0x7F;                                         // the width in the header
        refused("png", huge);
    }

    private void refused(String kind, byte[] bytes) {
        Path bad = put("good/bad." + kind, bytes);
        assertThatThrownBy(() -> Datasets.open(root.resolve("good").toString())).isInstanceOfSatisfying(UserError.class,
                e -> {
                    assertThat(e.getMessage()).startsWith(bad + " cannot be read: ").endsWith("; repair or remove it.");
                    assertThat(e.exitCode()).isEqualTo(2);
                });
        assertThat(bad.toFile().delete()).isTrue();
    }

    @Test
    void oddLayoutsAreRefused() throws IOException {
        Files.createDirectories(root.resolve("empty"));
        refusal("empty", "holds no image");
        put("one/a.png", png(4, 4, RED));
        refusal("one", "at least two are needed");
        put("x/train/a/1.png", png(4, 4, RED));
        put("x/train/b/2.png", png(4, 4, RED));
        put("x/val/3.png", png(4, 4, RED));
        refusal("x", "3.png lies in no class folder that");
        put("y/train/a/1.png", png(4, 4, RED));
        put("y/train/b/2.png", png(4, 4, RED));
        put("y/val/a/3.png", png(4, 4, RED));
        put("y/val/c/4.png", png(4, 4, RED));
        refusal("y", "4.png lies in no class folder that");
    }

    private void refusal(String folder, String part) {
        assertThatThrownBy(() -> Datasets.open(root.resolve(folder).toString())).isInstanceOf(UserError.class)
                .hasMessageContaining(part).hasMessageContaining(folder);
    }

    private Path put(String name, byte[] bytes) {
        return DataFiles.write(root.resolve(name), bytes);
    }

    private static byte[] png(int width, int height, int argb) {
        return encode("png", width, height, argb);
    }

    private static byte[] encode(String format, int width, int height, int argb) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) image.setRGB(i % width, i / width, argb);
        return encode(format, image);
    }

    private static byte[] noise(String format) {
        BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 1600; i++) image.setRGB(i % 40, i / 40, i * 0x9E3779B1 >>> 8);
        return encode(format, image);
    }

    private static byte[] encode(String format, BufferedImage image) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertThat(ImageIO.write(image, format, out)).isTrue();
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
