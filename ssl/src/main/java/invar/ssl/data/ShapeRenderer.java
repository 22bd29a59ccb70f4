package invar.ssl.data;

import invar.core.Philox;
import invar.ssl.augment.Convolution;
import invar.ssl.augment.ImageBuffer;

/// Draws one image of [Shapes] from its factors: shape over background, occluder, blur, noise.
///
/// Edges are antialiased by the share of the pixel that a straight edge at the same distance would cover. Not
/// thread-safe.
final class ShapeRenderer {

    private static final int FLAT = 0, STRIPES = 1, CHECKER = 2, DOTS = 3, GRADIENT = 4;       // 5: value noise
    private static final float BANDS = 2.2f;                      // stripes and squares per radius
    private static final Outline[] OUTLINES = Outline.values();

    private final ImageBuffer image = new ImageBuffer();

    /// @param into receives (3, side, side) bytes
    void render(ShapeFactors factors, int side, byte[] into) {
        image.resize(side, side);
        paint(factors, side);
        double sigma = factors.value(Factor.BLUR) * side / 32;
        int radius = Math.min((int) Math.ceil(2.5 * sigma), side - 1);
        if (sigma > 0.05) Convolution.gaussian(image, 2 * radius + 1, sigma, Convolution.Border.REFLECT);
        float noise = (float) factors.value(Factor.NOISE);
        if (noise > 0) addNoise(new Philox(factors.grain(), 1), noise);
        image.copyTo(into);
    }

    private void paint(ShapeFactors f, int side) {
        Philox random = new Philox(f.grain(), 0);
        float phase1 = (float) random.uniform(0, 2 * Math.PI), phase2 = (float) random.uniform(0, 2 * Math.PI);
        double place = random.uniform(0, 2 * Math.PI);
        int lattice = random.nextBits();

        Outline outline = OUTLINES[(int) f.value(Factor.SHAPE)];
        int texture = (int) f.value(Factor.TEXTURE);
        float half = (float) f.value(Factor.CONTRAST) * 0.3f;
        float[] bright = color(f.value(Factor.FOREGROUND_HUE), 0.5f + half);
        float[] dark = color(f.value(Factor.FOREGROUND_HUE), 0.5f + half * 0.15f);
        float[] back = color(f.value(Factor.BACKGROUND_HUE), 0.5f - half);
        double turn = 2 * Math.PI * f.value(Factor.ROTATION);
        float scale = (float) f.value(Factor.SCALE);
        float centreX = (float) f.value(Factor.X), centreY = (float) f.value(Factor.Y);
        float cos = (float) Math.cos(turn) / scale, sin = (float) Math.sin(turn) / scale;
        float warp = (float) f.value(Factor.WARP), pixel = 2f / side, own = pixel / scale;     // a pixel in own units
        float reach = 1 + 1.5f * warp + own;                       // from the centre; nothing is drawn further out
        float disc = (float) f.value(Factor.OCCLUDER) * scale;
        float discX = centreX + 0.8f * scale * (float) Math.cos(place);
        float discY = centreY + 0.8f * scale * (float) Math.sin(place);

        for (int row = 0, i = 0; row < side; row++) {
            float y = 1 - (row + 0.5f) * pixel;
            for (int column = 0; column < side; column++, i++) {
                float x = (column + 0.5f) * pixel - 1, dx = x - centreX, dy = y - centreY;
                float u = cos * dx + sin * dy, v = cos * dy - sin * dx;
                float cover = 0, tone = 0;
                if (u * u + v * v < reach * reach) {
                    float wu = u + warp * (float) Math.sin(3 * v + phase1);
                    float wv = v + warp * (float) Math.sin(3 * u + phase2);
                    cover = Math.clamp(0.5f - outline.distance(wu, wv) / own, 0f, 1f);
                    if (cover > 0) tone = tone(texture, wu, wv, own, lattice);
                }
                float ox = x - discX, oy = y - discY, hidden = disc == 0 ? 0
                        : Math.clamp(0.5f - ((float) Math.sqrt(ox * ox + oy * oy) - disc) / pixel, 0f, 1f);
                for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
                    float shape = bright[c] + tone * (dark[c] - bright[c]);
                    float seen = back[c] + cover * (shape - back[c]);
                    image.plane(c)[i] = seen + hidden * (0.5f - seen);
                }
            }
        }
    }

    /// How dark the texture is at (u, v), 0 … 1; `pixel` is the width of a pixel there.
    private static float tone(int texture, float u, float v, float pixel, int lattice) {
        return switch (texture) {
            case FLAT -> 0;
            case STRIPES -> wave(u, pixel);
            case CHECKER -> {
                float a = wave(u, pixel), b = wave(v, pixel);
                yield a + b - 2 * a * b;
            }
            case DOTS -> {
                float a = BANDS * u - Math.round(BANDS * u), b = BANDS * v - Math.round(BANDS * v);
                yield Math.clamp(0.5f - ((float) Math.sqrt(a * a + b * b) - 0.28f) / (BANDS * pixel), 0f, 1f);
            }
            case GRADIENT -> Math.clamp(0.5f + 0.55f * v, 0f, 1f);
            default -> valueNoise(3 * u, 3 * v, lattice);
        };
    }

    /// A square wave, with edges one pixel wide.
    private static float wave(float u, float pixel) {
        float phase = BANDS * u, distance = Math.abs(phase - (float) Math.floor(phase) - 0.5f) - 0.25f;
        return Math.clamp(0.5f + distance / (BANDS * pixel), 0f, 1f);
    }

    /// Random values at whole (u, v), smoothly interpolated between: 3t² − 2t³.
    private static float valueNoise(float u, float v, int lattice) {
        int iu = (int) Math.floor(u), iv = (int) Math.floor(v);
        float a = u - iu, b = v - iv, wu = a * a * (3 - 2 * a), wv = b * b * (3 - 2 * b);
        float low = corner(iu, iv, lattice) * (1 - wu) + corner(iu + 1, iv, lattice) * wu;
        float high = corner(iu, iv + 1, lattice) * (1 - wu) + corner(iu + 1, iv + 1, lattice) * wu;
        return low * (1 - wv) + high * wv;
    }

    /// 0 or … 1 by a hash (the finalizer of MurmurHash3).
    private static float corner(int u, int v, int lattice) {
        int h = lattice ^ u * 0x9E3779B1 ^ v * 0x85EBCA77;
        h = (h ^ h >>> 16) * 0x85EBCA6B;
        h = (h ^ h >>> 13) * 0xC2B2AE35;
        return (h >>> 8) * 0x1p-24f;
    }

    /// Adds noise that is nearly normal: the sum of a word's four bytes has mean 510 and variance (256² − 1) / 3.
    private void addNoise(Philox random, float sigma) {
        float unit = sigma / (float) Math.sqrt((256 * 256 - 1) / 3.0);
        for (int c = 0; c < ImageBuffer.CHANNELS; c++) {
            float[] plane = image.plane(c);
            for (int i = 0, n = image.area(); i < n; i++) {
                int word = random.nextBits();
                int sum = (word & 0xFF) + (word >> 8 & 0xFF) + (word >> 16 & 0xFF) + (word >>> 24);
                plane[i] += unit * (sum - 510);
            }
        }
    }

    /// The colour of a hue in turns at a lightness, with two thirds of the greatest saturation there.
    private static float[] color(double hue, float lightness) {
        float chroma = 2 / 3f * (1 - Math.abs(2 * lightness - 1)), h = (float) (6 * hue);
        float[] rgb = new float[ImageBuffer.CHANNELS];
        for (int c = 0; c < rgb.length; c++) {
            float distance = Math.abs(h - 2 * c);
            distance = Math.min(distance, 6 - distance);
            rgb[c] = lightness + chroma * (Math.clamp(2 - distance, 0f, 1f) - 0.5f);
        }
        return rgb;
    }
}
