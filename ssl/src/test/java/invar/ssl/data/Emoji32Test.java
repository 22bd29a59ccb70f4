package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.ssl.data.Emoji32.Glyph;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class Emoji32Test {

    private final Emoji32 emoji = Emoji32.bundled();
    private final Emoji32.Images train = (Emoji32.Images) emoji.splitWithTones().train();
    private final Emoji32.Images test = (Emoji32.Images) emoji.split().test();

    @Test
    void holdsWhatItSays() {
        assertThat(emoji.glyphs()).hasSize(3781);
        assertThat(emoji.glyphs().stream().filter(Glyph::isBase)).hasSize(1906);
        assertThat(emoji.categories()).hasSize(9).contains("Flags", "Food & Drink");
        assertThat(emoji.subcategories()).hasSize(98);
        assertThat(emoji.glyphs().stream().map(Glyph::codePoints).distinct()).hasSize(3781);
        assertThat(train.shape()).isEqualTo(new ImageShape(3, 32, 32));
        assertThat(train.drawings()).isEqualTo(2);
    }

    @Test
    void noEmojiIsOnBothSidesInAnySkinTone() {
        Set<String> trainBases = new HashSet<>(), trainNames = new HashSet<>();
        for (int i = 0; i < train.size(); i++) {
            trainBases.add(train.glyph(i).base());
            trainNames.add(train.glyph(i).name());
        }
        for (int i = 0; i < test.size(); i++) {
            assertThat(trainBases).doesNotContain(test.glyph(i).base());
            assertThat(trainNames).doesNotContain(test.glyph(i).name());
            assertThat(test.glyph(i).isBase()).isTrue();
        }
    }

    @Test
    void pairsInTwoSkinTonesBelongToTheirBase() {
        Glyph mixed = emoji.glyphs().stream().filter(g -> g.codePoints().equals("1FAF1-1F3FB-200D-1FAF2-1F3FC"))
                .findFirst().orElseThrow();
        assertThat(mixed.base()).isEqualTo("1F91D");             // handshake
        assertThat(mixed.skinTone()).isEqualTo("1F3FB-1F3FC");
    }

    @Test
    void basesCarryNeitherSkinToneNorVariationSelector() {
        for (Glyph glyph : emoji.glyphs()) assertThat(glyph.base()).doesNotContain("FE0F", "1F3FB", "1F3FC", "1F3FF");
    }

    @Test
    void aFifthOfTheBasesIsHeldOutAndNoneIsLost() {
        assertThat(test.size() / 1906.0).isCloseTo(0.2, within(0.02));
        long heldOut = emoji.glyphs().stream().filter(Emoji32::isHeldOut).count();
        assertThat(train.size() + heldOut).isEqualTo(3781);
        assertThat(items(test).stream().map(test::label).distinct()).hasSize(9);
    }

    @Test
    void theSplitIsTheSameForAllTime() {
        // as constants, because results of different runs are compared on it
        assertThat(emoji.split().train().size()).isEqualTo(1534);
        assertThat(train.size()).isEqualTo(3009);
        assertThat(test.size()).isEqualTo(372);
        assertThat(items(test).stream().limit(3).map(test::source)).containsExactly(
                "0031-FE0F-20E3 one", "0032-FE0F-20E3 two",
                "0035-FE0F-20E3 five");
    }

    @Test
    void trainsOnBaseGlyphsUnlessTonesAreAskedFor() {
        Emoji32.Images base = (Emoji32.Images) emoji.split().train();
        assertThat(items(base)).allMatch(i -> base.glyph(i).isBase() && !Emoji32.isHeldOut(base.glyph(i)));
        assertThat(items(train)).anyMatch(i -> !train.glyph(i).isBase());
        assertThat(emoji.splitWithTones().bank().size()).isEqualTo(base.size());
    }

    @Test
    void transparencyShowsTheBackground() {
        int strawberry = index("1F353");
        Emoji32.Images all = emoji.images(glyph -> true);
        byte[] white = new byte[3072], blue = new byte[3072], rgba = new byte[4096];
        for (int style = 0; style < 2; style++) {
            all.read(strawberry, style, white);
            all.onto(0x0000FF).read(strawberry, style, blue);
            emoji.readRgba(emoji.glyphs().get(strawberry), style, rgba);
            int clear = 0, opaque = 0;
            for (int i = 0; i < 1024; i++) {
                int alpha = rgba[3072 + i] & 0xFF;
                if (alpha == 0) {
                    clear++;
                    assertThat(new byte[] {white[i], white[1024 + i], white[2048 + i]}).containsOnly(255);
                    assertThat(new byte[] {blue[i], blue[1024 + i], blue[2048 + i]}).containsExactly(0, 0, 255);
                } else if (alpha == 255) {
                    opaque++;
                    for (int c = 0; c < 3; c++) {
                        assertThat(white[c * 1024 + i]).isEqualTo(rgba[c * 1024 + i]);
                        assertThat(blue[c * 1024 + i]).isEqualTo(rgba[c * 1024 + i]);
                    }
                }
            }
            assertThat(clear).isGreaterThan(200);
            assertThat(opaque).isGreaterThan(200);
            int middle = 16 * 32 + 16;                           // a strawberry is red
            assertThat(white[middle] & 0xFF).isGreaterThan(150);
            assertThat(white[2048 + middle] & 0xFF).isLessThan(120);
        }
    }

    @Test
    void theDrawingsOfOneEmojiDifferAndNoDrawingIsEmpty() {
        Emoji32.Images all = emoji.images(glyph -> true);
        byte[] first = new byte[3072], second = new byte[3072];
        for (int i = 0; i < all.size(); i++) {
            all.read(i, 0, first);
            all.read(i, 1, second);
            assertThat(first).as(all.source(i)).isNotEqualTo(second);
            for (byte[] drawing : List.of(first, second)) {
                int painted = 0;
                for (byte b : drawing) if (b != -1) painted++;
                assertThat(painted).as(all.source(i)).isGreaterThan(100);
            }
        }
        assertThatThrownBy(() -> all.read(0, 2, first)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void labelsAreCategoriesOrSubcategories() {
        Emoji32.Images all = emoji.images(glyph -> true), fine = all.bySubcategory();
        int strawberry = index("1F353");
        assertThat(all.classes().get(all.label(strawberry))).isEqualTo("Food & Drink");
        assertThat(fine.classes().get(fine.label(strawberry))).isEqualTo("food-fruit");
    }

    @Test
    void theFilesFitIntoThreeMegabytes() throws IOException {
        int bytes = 0;
        for (String file : List.of("google.png", "twitter.png"))
            try (var in = Emoji32.class.getResourceAsStream("emoji32/" + file)) {
                bytes += in.readAllBytes().length;
            }
        assertThat(bytes).isLessThan(2_900_000);                 // the index adds 38 kB once the jar has compressed it
    }

    private int index(String codePoints) {
        return emoji.glyphs().stream().map(Glyph::codePoints).toList().indexOf(codePoints);
    }

    private static List<Integer> items(Dataset set) {
        return IntStream.range(0, set.size()).boxed().toList();
    }
}
