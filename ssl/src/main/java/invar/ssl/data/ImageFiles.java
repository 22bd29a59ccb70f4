package invar.ssl.data;

import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.Resampler;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/// Decodes image files with `javax.imageio`: JPEG (by TwelveMonkeys, which also reads CMYK), PNG, WebP, GIF and BMP.
final class ImageFiles {

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "webp", "gif", "bmp");
    private static final long MOST_PIXELS = Math.min(1L << 28,   // 16384 x 16384; more is a damaged or hostile header
            Runtime.getRuntime().maxMemory() / 32);              // decoders need 3 to 8 bytes a pixel, on every core

    private ImageFiles() {}

    static boolean isImage(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot > 0 && EXTENSIONS.contains(name.substring(dot + 1).toLowerCase(Locale.ROOT));
    }

    /// The square in the middle, resized to `side` × `side`, as (3, side, side) bytes; see [Resampler]. Transparent
    /// pixels are shown on white. Of an animation, the first picture.
    ///
    /// @throws IOException if the file is damaged, cut off or of no known kind; the message is one clause
    static byte[] square(Path file, int side, Resampler resampler) throws IOException {
        BufferedImage image = decode(file);
        int edge = Math.min(image.getWidth(), image.getHeight());
        int left = (image.getWidth() - edge) / 2, top = (image.getHeight() - edge) / 2;
        resampler.prepare(edge, edge, side, side, true);
        float[][] row = new float[ImageBuffer.CHANNELS][edge];
        for (int y = 0; y < edge; y++) {
            readRow(image, left, top + y, row);
            resampler.feed(y, row, 0);
        }
        float[][] planes = new float[ImageBuffer.CHANNELS][side * side];
        resampler.finish(planes);
        byte[] pixels = new byte[ImageBuffer.CHANNELS * side * side];
        for (int c = 0; c < planes.length; c++)
            for (int i = 0; i < side * side; i++)
                pixels[c * side * side + i] = (byte) (Math.clamp(planes[c][i], 0f, 255f) + 0.5f);
        return pixels;
    }

    private static BufferedImage decode(Path file) throws IOException {
        try (ImageInputStream in = new MemoryCacheImageInputStream(Files.newInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) throw new IOException("its contents are no JPEG, PNG, WebP, GIF or BMP image");
            ImageReader reader = readers.next();
            try {
                String[] warning = new String[1];
                reader.addIIOReadWarningListener((IIOReadWarningListener) (source, text) -> warning[0] = text);
                reader.setInput(in, true, true);
                long width = reader.getWidth(0), height = reader.getHeight(0);
                if (width * height > MOST_PIXELS)
                    throw new IOException("it claims " + width + " x " + height + " pixels, more than are read");
                BufferedImage image = reader.read(0);
                if (warning[0] != null && isTruncation(warning[0])) throw new IOException("it is cut off");
                return image;
            } catch (RuntimeException e) {                       // decoders meet damaged files with all kinds of these
                throw new IOException("it is damaged", e);
            } finally {
                reader.dispose();
            }
        }
    }

    /// JPEG decoders fill up a file that ends early and only warn of it.
    private static boolean isTruncation(String warning) {
        String text = warning.toLowerCase(Locale.ROOT);
        return text.contains("premature") || text.contains("truncated") || text.contains("end of");
    }

    /// One row, from column `left` on, as 0 … 255.
    private static void readRow(BufferedImage image, int left, int y, float[][] row) {
        Raster raster = image.getRaster();
        ColorModel model = image.getColorModel();
        boolean indexed = model instanceof IndexColorModel;
        boolean grey = model.getColorSpace().getType() == ColorSpace.TYPE_GRAY;
        boolean plain = model.getColorSpace().isCS_sRGB() && raster.getSampleModel().getSampleSize(0) == 8;
        int n = row[0].length, bands = raster.getNumBands();
        if (!indexed && (grey || plain && bands >= ImageBuffer.CHANNELS) && !model.isAlphaPremultiplied()) {
            // Java takes grey for linear light, and getRGB would brighten it; it is also slow
            float unit = 255f / ((1L << model.getComponentSize(0)) - 1);
            int[] samples = raster.getPixels(left, y, n, 1, (int[]) null);
            for (int x = 0, at = 0; x < n; x++, at += bands) {
                float alpha = model.hasAlpha() ? samples[at + bands - 1] * unit / 255 : 1;
                for (int c = 0; c < ImageBuffer.CHANNELS; c++)
                    row[c][x] = alpha * samples[at + (grey ? 0 : c)] * unit + (1 - alpha) * 255;
            }
            return;
        }
        for (int x = 0; x < n; x++) {
            int argb = image.getRGB(left + x, y);
            float alpha = (argb >>> 24) / 255f;
            for (int c = 0; c < ImageBuffer.CHANNELS; c++)
                row[c][x] = alpha * (argb >> 16 - 8 * c & 0xFF) + (1 - alpha) * 255;
        }
    }
}
