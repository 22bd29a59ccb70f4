package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The image operations against torchvision's results, computed in float64.
class GoldenImageOpsTest {

    @Test
    void resizeIsBilinearWithAndWithoutAntialiasing() {
        for (GoldenFile golden : GoldenFile.all("resize_bilinear", 9)) {
            ImageBuffer image = golden.image();
            var whole = new RandomResizedCrop.Box(0, 0, image.height(), image.width());
            RandomResizedCrop.crop(image, whole, golden.integer("height"), golden.integer("width"),
                    golden.flag("antialias"));
            golden.compare(image);
        }
    }

    @Test
    void resizedCropSeesOnlyTheBox() {
        for (GoldenFile golden : GoldenFile.all("resized_crop", 4)) {
            ImageBuffer image = golden.image();
            var box = new RandomResizedCrop.Box(golden.integer("top"), golden.integer("left"),
                    golden.integer("height"), golden.integer("width"));
            RandomResizedCrop.crop(image, box, golden.integer("out_height"), golden.integer("out_width"),
                    golden.flag("antialias"));
            golden.compare(image);
        }
    }

    @Test
    void brightnessContrastSaturationAndHueAreAdjusted() {
        for (var adjustment : ColorJitter.Adjustment.values()) {
            String name = adjustment.name().toLowerCase(Locale.ROOT);
            for (GoldenFile golden : GoldenFile.all("adjust_" + name, name.equals("hue") ? 4 : 3)) {
                ImageBuffer image = golden.image();
                ColorJitter.adjust(image, adjustment, golden.number("factor"));
                golden.compare(image);
            }
        }
    }

    @Test
    void jitterAppliesTheAdjustmentsInTheGivenOrder() {
        for (GoldenFile golden : GoldenFile.all("color_jitter", 2)) {
            ImageBuffer image = golden.image();
            for (JsonNode name : golden.list("order"))
                ColorJitter.adjust(image, ColorJitter.Adjustment.valueOf(name.asString().toUpperCase(Locale.ROOT)),
                        golden.number(name.asString()));
            golden.compare(image);
        }
    }

    @Test
    void blurIsTheExactKernelWithEitherBorder() {
        for (GoldenFile golden : GoldenFile.all("gaussian_blur", 5)) {
            ImageBuffer image = golden.image();
            Convolution.gaussian(image, golden.integer("kernel_size"), Double.parseDouble(golden.setting("sigma")),
                    Convolution.Border.valueOf(golden.setting("padding").toUpperCase(Locale.ROOT)));
            golden.compare(image);
        }
    }

    @Test
    void grayscaleWeighsTheChannels() {
        for (GoldenFile golden : GoldenFile.all("grayscale", 2)) {
            ImageBuffer image = golden.image();
            ColorOps.grayscale(image);
            golden.compare(image);
        }
    }

    @Test
    void solarizeInvertsFromTheThresholdOn() {
        for (GoldenFile golden : GoldenFile.all("solarize", 2)) {
            ImageBuffer image = golden.image();
            ColorOps.solarize(image, golden.number("threshold"));
            golden.compare(image);
        }
    }

    @Test
    void flipReversesTheColumns() {
        for (GoldenFile golden : GoldenFile.all("horizontal_flip", 2)) {
            ImageBuffer image = golden.image();
            Rearrange.flip(image);
            golden.compare(image);
        }
    }

    @Test
    void normalizeStandardisesEachChannel() {
        for (GoldenFile golden : GoldenFile.all("normalize_image", 2)) {
            ImageBuffer image = golden.image();
            JsonNode mean = golden.list("mean"), std = golden.list("std");
            for (int c = 0; c < 3; c++)
                ColorOps.normalize(image, c, mean.get(c).floatValue(), std.get(c).floatValue());
            golden.compare(image);
        }
    }

    @Test
    void rotate90TurnsCounterClockwise() {
        for (GoldenFile golden : GoldenFile.all("rotate90", 2)) {
            assertThat(golden.integers("labels")).isEqualTo(IntStream.range(0, 4).toArray());
            int side = golden.shape("x")[1], size = 3 * side * side;
            float[] y = new float[4 * size];
            for (int turns = 0; turns < 4; turns++)
                Rearrange.rotate90(golden.floats("x"), 0, y, turns * size, 3, side, turns);
            golden.compare(y);
        }
    }

    @Test
    void jigsawLaysTheTilesInTheGivenOrder() {
        for (GoldenFile golden : GoldenFile.all("jigsaw_tiles", 2)) {
            int[] shape = golden.shape("x");
            float[] y = new float[shape[0] * shape[1] * shape[2]];
            Rearrange.jigsaw(golden.floats("x"), 0, y, 0, shape[0], shape[1], shape[2], golden.integer("grid"),
                    golden.integers("permutation"));
            golden.compare(y);
        }
    }
}
