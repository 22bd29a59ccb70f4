package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.Views;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CropNetworkTest {

    private final Device device = Device.open("reference");
    private final Init init = new Init(device, 6);

    private Tensor crop(String name, int side) {
        return init.tensor(name, new Initializer.Normal(1), Shape.of(3, 3, side, side));
    }

    @Test
    void isTheSameAsOnePassForEachCropInEvaluation() {
        ResNet backbone = ResNet.of(init, ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL));
        Linear head = Linear.of(init.at("head"), backbone.features(), 5, true);
        List<Tensor> crops = List.of(crop("a", 9), crop("b", 9), crop("c", 5), crop("d", 7), crop("e", 7));
        List<Tensor> y = new CropNetwork<>(backbone, head).apply(crops, Mode.EVAL);
        assertThat(y).hasSize(5);
        for (int v = 0; v < 5; v++) {
            assertThat(y.get(v).shape()).isEqualTo(Shape.of(3, 5));
            assertThat(y.get(v).doubles())
                    .containsExactly(head.apply(backbone.apply(crops.get(v), Mode.EVAL), Mode.EVAL).doubles());
        }
    }

    @Test
    void joinsNeighboursOfOneSizeAndAllCropsForTheHead() {
        List<String> passes = new ArrayList<>();
        Layer backbone = (x, mode) -> {
            passes.add("f " + x.shape() + " " + mode);
            return x.mean(2, 3).reshape(x.dim(0), 3);
        };
        Layer head = (x, mode) -> {
            passes.add("h " + x.shape() + " " + mode);
            return x;
        };
        Views views = Views.of(crop("a", 8), crop("b", 8)).withLocal(List.of(crop("c", 4), crop("d", 4)));
        new CropNetwork<>(backbone, head).apply(MultiCrop.crops(views), Mode.TRAIN);
        assertThat(passes).containsExactly("f (6, 3, 8, 8) TRAIN", "f (6, 3, 4, 4) TRAIN", "h (12, 3) TRAIN");
    }
}
