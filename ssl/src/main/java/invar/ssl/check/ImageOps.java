package invar.ssl.check;

import invar.core.Device;
import invar.ssl.augment.ColorJitter;
import invar.ssl.augment.ColorOps;
import invar.ssl.augment.Convolution;
import invar.ssl.augment.ImageBuffer;
import invar.ssl.augment.RandomResizedCrop;
import invar.ssl.augment.Rearrange;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// The golden ops on images: each runs a class of [invar.ssl.augment]. They work on the host in single precision,
/// whatever the device.
final class ImageOps {

    private ImageOps() {}

    static Map<String, GoldenOp> all() {
        Map<String, GoldenOp> ops = new TreeMap<>();
        ops.put("resize_bilinear", image((c, x) -> RandomResizedCrop.crop(x,
                new RandomResizedCrop.Box(0, 0, x.height(), x.width()),
                c.integer("height"), c.integer("width"), c.flag("antialias"))));
        ops.put("resized_crop", image((c, x) -> RandomResizedCrop.crop(x,
                new RandomResizedCrop.Box(c.integer("top"), c.integer("left"), c.integer("height"), c.integer("width")),
                c.integer("out_height"), c.integer("out_width"), c.flag("antialias"))));
        for (ColorJitter.Adjustment adjustment : ColorJitter.Adjustment.values()) {
            ops.put("adjust_" + adjustment.name().toLowerCase(Locale.ROOT),
                    image((c, x) -> ColorJitter.adjust(x, adjustment, (float) c.number("factor"))));
        }
        ops.put("color_jitter", image((c, x) -> {
            for (String name : c.texts("order")) {
                ColorJitter.Adjustment adjustment = ColorJitter.Adjustment.valueOf(name.toUpperCase(Locale.ROOT));
                ColorJitter.adjust(x, adjustment, (float) c.number(name));
            }
        }));
        ops.put("gaussian_blur", image((c, x) -> Convolution.gaussian(x, c.integer("kernel_size"), c.number("sigma"),
                Convolution.Border.valueOf(c.text("padding").toUpperCase(Locale.ROOT)))));
        ops.put("grayscale", image((c, x) -> ColorOps.grayscale(x)));
        ops.put("solarize", image((c, x) -> ColorOps.solarize(x, (float) c.number("threshold"))));
        ops.put("horizontal_flip", image((c, x) -> Rearrange.flip(x)));
        ops.put("normalize_image", image((c, x) -> {
            double[] mean = c.numbers("mean"), std = c.numbers("std");
            for (int i = 0; i < mean.length; i++) ColorOps.normalize(x, i, (float) mean[i], (float) std[i]);
        }));
        ops.put("rotate90", ImageOps::rotate90);
        ops.put("jigsaw_tiles", ImageOps::jigsaw);
        return ops;
    }

    private interface Change {
        void apply(GoldenCase golden, ImageBuffer image);
    }

    /// An op that changes the image x in place into the image y.
    private static GoldenOp image(Change change) {
        return (golden, device, out) -> {
            int[] shape = golden.extents("x");
            ImageBuffer image = new ImageBuffer().load(golden.floats("x"), 0, shape[1], shape[2]);
            change.apply(golden, image);
            float[] y = new float[ImageBuffer.CHANNELS * image.area()];
            image.copyTo(y, 0);
            out.put("y", y, ImageBuffer.CHANNELS, image.height(), image.width());
        };
    }

    private static void rotate90(GoldenCase golden, Device device, Outputs out) {
        int[] shape = golden.extents("x");
        int channels = shape[0], side = shape[1], size = channels * side * side;
        float[] x = golden.floats("x"), y = new float[4 * size];
        for (int turns = 0; turns < 4; turns++) Rearrange.rotate90(x, 0, y, turns * size, channels, side, turns);
        out.put("y", y, 4, channels, side, side);
        out.put("labels", IntStream.range(0, 4).toArray(), 4);
    }

    private static void jigsaw(GoldenCase golden, Device device, Outputs out) {
        int[] shape = golden.extents("x");
        int grid = golden.integer("grid");
        float[] x = golden.floats("x"), y = new float[x.length];
        Rearrange.jigsaw(x, 0, y, 0, shape[0], shape[1], shape[2], grid, golden.integers("permutation"));
        out.put("y", y, grid * grid, shape[0], shape[1] / grid, shape[2] / grid);
    }
}
