package invar.ssl.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Philox;
import invar.ssl.augment.RandomResizedCrop.Box;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RandomResizedCropTest {

    @Test
    void areaIsUniformAndAspectLogUniformAndPlacesReachTheEdges() {
        RandomResizedCrop crop = new RandomResizedCrop(32, 0.2, 0.6, 0.5, 2);
        Philox random = new Philox(3, 0);
        int n = 4000, side = 400, atTop = 0, lowThird = 0, tall = 0;
        double meanArea = 0, meanLog = 0;
        for (int i = 0; i < n; i++) {
            Box box = crop.box(side, side, random);
            double area = (double) box.height() * box.width() / (side * side);
            double log = Math.log((double) box.width() / box.height());
            assertThat(area).isBetween(0.2 - 0.005, 0.6 + 0.005);
            assertThat(Math.abs(log)).isLessThan(Math.log(2) + 0.01);
            assertThat(box.top()).isBetween(0, side - box.height());
            assertThat(box.left()).isBetween(0, side - box.width());
            meanArea += area / n;
            meanLog += log / n;
            if (area < 0.2 + 0.4 / 3) lowThird++;
            if (box.height() > box.width()) tall++;
            if (box.top() < (side - box.height()) / 10.0) atTop++;
        }
        // boxes that do not fit are drawn again, which takes away some of the large and elongated ones
        assertThat(meanArea).isCloseTo(0.39, within(0.01));
        assertThat(meanLog).isCloseTo(0, within(0.03));
        assertThat(lowThird / (double) n).isCloseTo(0.35, within(0.03));
        assertThat(tall / (double) n).isCloseTo(0.5, within(0.03));
        assertThat(atTop / (double) n).isCloseTo(0.1, within(0.02));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 100", "100, 1", "2, 3", "7, 500", "500, 9"})
    void anAllowedBoxInTheMiddleIsTheFallback(int height, int width) {
        RandomResizedCrop crop = new RandomResizedCrop(5, 0.9, 1, 3 / 4.0, 4 / 3.0);
        for (int i = 0; i < 50; i++) {
            Box box = crop.box(height, width, new Philox(i, 1));
            assertThat(box.height()).isBetween(1, height);
            assertThat(box.width()).isBetween(1, width);
            assertThat(box.top()).isBetween(0, height - box.height());
            assertThat(box.left()).isBetween(0, width - box.width());
            ImageBuffer image = ComposeTest.noise(height, width);
            crop.apply(image, new Philox(i, 1));
            assertThat(ComposeTest.pixels(image)).hasSize(75);
        }
        Box wide = crop.box(30, 300, new Philox(0, 0));
        assertThat(wide).isEqualTo(new Box(0, 130, 30, 40));
        assertThat(crop.box(300, 30, new Philox(0, 0))).isEqualTo(new Box(130, 0, 40, 30));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 33", "3, 5, 17", "33, 31, 7", "129, 9, 2", "17, 17, 17"})
    void aConstantImageStaysConstant(int height, int width, int size) {
        ImageBuffer image = new ImageBuffer();
        image.resize(height, width);
        for (int c = 0; c < 3; c++) Arrays.fill(image.plane(c), 0.25f * (c + 1));
        for (boolean antialias : new boolean[] {false, true}) {
            RandomResizedCrop.crop(image, new Box(0, 0, image.height(), image.width()), size, size, antialias);
            for (int c = 0; c < 3; c++)
                for (int i = 0; i < image.area(); i++)
                    assertThat(image.plane(c)[i]).isCloseTo(0.25f * (c + 1), within(1e-6f));
        }
    }

    @Test
    void theWholeImageAtItsOwnSizeIsUnchanged() {
        ImageBuffer image = ComposeTest.noise(9, 9);
        float[] before = ComposeTest.pixels(image);
        new RandomResizedCrop(9, 1, 1, 1, 1).apply(image, new Philox(0, 0));
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
        new ResizeCenterCrop(9, 1).apply(image, null);
        assertThat(ComposeTest.pixels(image)).isEqualTo(before);
    }
}
