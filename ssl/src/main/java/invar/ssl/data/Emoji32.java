package invar.ssl.data;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.IntStream;

import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// The data set inside the jar: 3,781 emoji, each drawn by two vendors (Google's Noto and Twitter's Twemoji), 32 × 32
/// pixels with transparency.
///
/// The two drawings of one emoji are two views of the same thing that no augmentation can imitate, and finding one from
/// the other among all is an exact test of a representation. Labels are the 9 categories of the Unicode chart, or its
/// 98 subcategories. 1,875 of the emoji are another one in other skin tones. For licences see `NOTICE`; the files are
/// rebuilt by `dev/build-emoji32.sh`.
public final class Emoji32 {

    /// Side of every image, in pixels.
    public static final int SIDE = 32;

    /// White, what is behind the drawings if nothing else is asked for.
    public static final int WHITE = 0xFFFFFF;

    private static final int CELL = SIDE + 2;                     // one pixel of margin on either side
    private static final List<String> STYLES = List.of("google", "twitter");

    private static final class Bundled {
        static final Emoji32 INSTANCE = new Emoji32();            // loaded when first asked for
    }

    private final List<Glyph> glyphs;
    private final Sheet[] sheets;
    private final List<String> categories, subcategories;

    /// One emoji.
    ///
    /// @param codePoints in hexadecimal, joined by `-`
    /// @param skinTone one or two of 1F3FB … 1F3FF, joined by `-`; empty for a base glyph
    /// @param name short name; skin tones share it
    /// @param category one of 9
    /// @param subcategory one of 98
    /// @param base code points of the glyph without skin tone, less variation selectors: equal for all its skin tones
    /// @param column of its cell in the sheets
    /// @param row of its cell in the sheets
    public record Glyph(String codePoints, String skinTone, String name, String category, String subcategory,
            String base, int column, int row) {

        /// Whether it has no skin tone of its own.
        public boolean isBase() {
            return skinTone.isEmpty();
        }
    }

    /// The pixels of a sheet as indices into a palette of ARGB colours.
    private record Sheet(byte[] indices, int width, int[] palette) {}

    private Emoji32() {
        glyphs = readIndex();
        sheets = STYLES.stream().map(Emoji32::readSheet).toArray(Sheet[]::new);
        categories = glyphs.stream().map(Glyph::category).distinct().sorted().toList();
        subcategories = glyphs.stream().map(Glyph::subcategory).distinct().sorted().toList();
    }

    /// The set inside the jar.
    public static Emoji32 bundled() {
        return Bundled.INSTANCE;
    }

    /// All emoji, in the order of the sheets.
    public List<Glyph> glyphs() {
        return glyphs;
    }

    /// Drawing styles: item i's drawing d is in style d.
    public List<String> styles() {
        return STYLES;
    }

    /// The 9 categories in alphabetical order.
    public List<String> categories() {
        return categories;
    }

    /// The 98 subcategories in alphabetical order.
    public List<String> subcategories() {
        return subcategories;
    }

    /// A fifth of the base code points is held out, by their hash. Both parts are base glyphs: the 1,875 skin tones of
    /// one emoji or another look nearly alike, and a contrastive loss would have to tell them apart.
    public Split split() {
        return new Split(images(glyph -> glyph.isBase() && !isHeldOut(glyph)), heldOut(),
                "base glyphs, one code point in " + Holdout.PARTS + " is held out, by a hash");
    }

    /// The same base code points are held out, but all skin tones of the others are trained on. What is held out is
    /// compared with base glyphs only: half of all emoji are skin tones of people, who would outvote other categories.
    public Split splitWithTones() {
        return new Split(images(glyph -> !isHeldOut(glyph)), heldOut(), split().train(),
                "all skin tones, one base code point in " + Holdout.PARTS + " is held out, by a hash");
    }

    private Images heldOut() {
        return images(glyph -> glyph.isBase() && isHeldOut(glyph));
    }

    /// Whether the emoji is on the test side.
    public static boolean isHeldOut(Glyph glyph) {
        return Holdout.isTest(glyph.base());
    }

    /// The emoji that pass a test, on white, labelled by category.
    public Images images(Predicate<Glyph> wanted) {
        int[] chosen = IntStream.range(0, glyphs.size()).filter(i -> wanted.test(glyphs.get(i))).toArray();
        return new Images(chosen, WHITE, false);
    }

    /// Writes an emoji with its transparency: (4, 32, 32) bytes, red, green, blue, alpha; the colours are not
    /// multiplied by alpha.
    public void readRgba(Glyph glyph, int style, byte[] into) {
        write(glyph, style, sheets[style].palette, 4, into);
    }

    private void write(Glyph glyph, int style, int[] palette, int channels, byte[] into) {
        Sheet sheet = sheets[style];
        for (int y = 0; y < SIDE; y++) {
            int at = (glyph.row * CELL + 1 + y) * sheet.width + glyph.column * CELL + 1;
            for (int x = 0; x < SIDE; x++) {
                int argb = palette[sheet.indices[at + x] & 0xFF], to = y * SIDE + x;
                into[to] = (byte) (argb >> 16);
                into[to + SIDE * SIDE] = (byte) (argb >> 8);
                into[to + 2 * SIDE * SIDE] = (byte) argb;
                if (channels == 4) into[to + 3 * SIDE * SIDE] = (byte) (argb >> 24);
            }
        }
    }

    /// Some of the emoji as a data set of two drawings each.
    public final class Images implements Dataset {

        private final int[] chosen;
        private final int background;
        private final boolean fine;
        private final List<String> classes;
        private final int[] labels;
        private final int[][] palettes = new int[sheets.length][];

        private Images(int[] chosen, int background, boolean fine) {
            this.chosen = chosen;
            this.background = background;
            this.fine = fine;
            classes = fine ? subcategories : categories;
            Map<String, Integer> number = new HashMap<>();
            for (String name : classes) number.put(name, number.size());
            labels = IntStream.of(chosen).map(i ->
                    number.get(fine ? glyphs.get(i).subcategory : glyphs.get(i).category)).toArray();
            for (int s = 0; s < palettes.length; s++) palettes[s] = over(sheets[s].palette, background);
        }

        /// The same emoji in front of another colour, 0xRRGGBB.
        public Images onto(int rgb) {
            return new Images(chosen, rgb, fine);
        }

        /// The same emoji, labelled by subcategory.
        public Images bySubcategory() {
            return new Images(chosen, background, true);
        }

        /// The emoji of an item.
        public Glyph glyph(int index) {
            return glyphs.get(chosen[index]);
        }

        @Override
        public String name() {
            return "emoji32";
        }

        @Override
        public int size() {
            return chosen.length;
        }

        @Override
        public ImageShape shape() {
            return ImageShape.square(SIDE);
        }

        @Override
        public int drawings() {
            return sheets.length;
        }

        @Override
        public void read(int index, int drawing, byte[] into) {
            write(glyph(index), drawing, palettes[drawing], 3, into);
        }

        @Override
        public int label(int index) {
            return labels[index];
        }

        @Override
        public List<String> classes() {
            return classes;
        }

        @Override
        public String source(int index) {
            return glyph(index).codePoints + " " + glyph(index).name;
        }
    }

    /// The colours in front of `background`: c α + b (1 − α), rounded.
    private static int[] over(int[] palette, int background) {
        int[] opaque = new int[palette.length];
        for (int i = 0; i < palette.length; i++) {
            int alpha = palette[i] >>> 24, rgb = 0;
            for (int shift = 16; shift >= 0; shift -= 8) {
                int front = palette[i] >> shift & 0xFF, back = background >> shift & 0xFF;
                rgb |= (front * alpha + back * (255 - alpha) + 127) / 255 << shift;
            }
            opaque[i] = rgb;
        }
        return opaque;
    }

    private static Sheet readSheet(String style) {
        try (InputStream in = resource(style + ".png")) {
            BufferedImage image = ImageIO.read(new MemoryCacheImageInputStream(in));
            IndexColorModel colours = (IndexColorModel) image.getColorModel();
            int[] palette = new int[256];
            int[] used = new int[colours.getMapSize()];
            colours.getRGBs(used);
            System.arraycopy(used, 0, palette, 0, used.length);
            byte[] indices = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
            return new Sheet(indices, image.getWidth(), palette);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Glyph> readIndex() {
        List<String[]> rows = new ArrayList<>();
        try (InputStream in = resource("index.tsv")) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().skip(1)
                    .forEach(line -> rows.add(line.split("\t", -1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // A pair in two tones is spelled unlike the pair in one: 1FAF1-1F3FB-200D-1FAF2-1F3FC is handshake 1F91D. What
        // holds all skin tones together is the short name, so the base is looked up by it.
        Map<String, String> baseOf = new HashMap<>();
        for (String[] row : rows) if (row[3].isEmpty()) baseOf.put(row[4], withoutSelectors(row[2]));
        return rows.stream().map(row -> new Glyph(row[2], row[3], row[4], row[5], row[6],
                Objects.requireNonNull(baseOf.get(row[4]), row[4]), Integer.parseInt(row[0]),
                Integer.parseInt(row[1]))).toList();
    }

    private static String withoutSelectors(String codePoints) {
        return codePoints.replaceAll("-FE0[EF]", "");
    }

    private static InputStream resource(String file) {
        return Objects.requireNonNull(Emoji32.class.getResourceAsStream("emoji32/" + file), file);
    }
}
