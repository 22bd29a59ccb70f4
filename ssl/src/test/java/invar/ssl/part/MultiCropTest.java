package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MultiCropTest {

    private static final Device DEVICE = Device.open("reference");
    private static final int IMAGES = 3;

    private final Init init = new Init(DEVICE, 3);
    private final ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL));
    private final Mlp head = Mlp.of(init.at("head"), Mlp.Spec.of(encoder.features(), 7, 5));
    private final List<Tensor> crops = List.of(crop(9, 1), crop(9, 2), crop(5, 3), crop(5, 4), crop(5, 5), crop(7, 6));

    @Test
    void passesNeighboursOfOneSizeThroughTheEncoderTogether() {
        List<Shape> passes = new ArrayList<>();
        Layer counting = (x, mode) -> {
            passes.add(x.shape());
            return encoder.apply(x, mode);
        };
        Tensor h = MultiCrop.representations(counting, crops, Mode.TRAIN);
        assertThat(passes).containsExactly(Shape.of(6, 3, 9, 9), Shape.of(9, 3, 5, 5), Shape.of(3, 3, 7, 7));
        assertThat(h.shape()).isEqualTo(Shape.of(18, encoder.features()));
    }

    /// Batch norm then treats every image for itself.
    @Test
    void equalsSeparatePassesInEvaluationMode() {
        MultiCrop.embeddings(encoder, head, crops, Mode.TRAIN);               // running statistics other than 0 and 1
        List<Tensor> together = MultiCrop.split(MultiCrop.embeddings(encoder, head, crops, Mode.EVAL), IMAGES);
        assertThat(together).hasSize(crops.size());
        for (int v = 0; v < crops.size(); v++) {
            Tensor z = head.apply(encoder.apply(crops.get(v), Mode.EVAL), Mode.EVAL);
            Tensor alone = z.div(z.square().sum(1).sqrt());
            assertThat(together.get(v).doubles()).as("crop %d", v).containsExactly(alone.doubles(), within(1e-12));
        }
    }

    /// In training mode batch norm sees all crops of one size, and so does the head's those of all sizes.
    @Test
    void sharesTheStatisticsOfABatch() {
        Tensor together = MultiCrop.embeddings(encoder, head, crops.subList(0, 2), Mode.TRAIN).rows(0, IMAGES);
        Tensor alone = MultiCrop.embeddings(encoder, head, crops.subList(0, 1), Mode.TRAIN);
        assertThat(together.sub(alone).abs().maximum().item()).isGreaterThan(1e-3);
    }

    @Test
    void takesGlobalCropsFirst() {
        Views views = Views.of(crops.get(0), crops.get(1)).withLocal(crops.subList(2, 6));
        assertThat(MultiCrop.crops(views)).containsExactlyElementsOf(crops);
    }

    @Test
    void splitsTheRowsByCrop() {
        List<Tensor> parts = MultiCrop.split(DEVICE.tensor(Shape.of(6, 1), 0, 1, 2, 3, 4, 5), 2);
        assertThat(parts).extracting(Tensor::doubles)
                .containsExactly(new double[] {0, 1}, new double[] {2, 3}, new double[] {4, 5});
    }

    private static Tensor crop(int side, long seed) {
        Philox random = new Philox(seed, 9);
        return DEVICE.tensor(Shape.of(IMAGES, 3, side, side),
                IntStream.range(0, IMAGES * 3 * side * side).mapToDouble(i -> random.nextGaussian()).toArray());
    }
}
