package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.VisionTransformer;
import invar.ssl.augment.Normalize;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// DINO with a vision transformer, AdamW, a decay that grows, a limit for each gradient, and eight small crops: the
/// published recipe, small. Images of 9 pixels leave a remainder beside their patches, and small crops have other
/// positions than large ones.
class DinoTransformerTest extends MethodContract {

    DinoTransformerTest() {
        super("dino", DinoTest.with(Map.of("hidden", 64, "bottleneck", 16, "outputs", 33, "batchNorm", false,
                "momentum", 0.9)));
    }

    @Override
    protected String augment() {
        return "dino";
    }

    @Override
    protected List<Integer> localSides() {
        return List.of(4, 4, 5);
    }

    @Override
    protected TrainConfig.EncoderConfig encoder() {
        return new TrainConfig.EncoderConfig("vit-mini", 6, "patch3");
    }

    @Override
    protected TrainConfig.Optimization optimization() {
        return new TrainConfig.Optimization("adamw", 1e-3, 0.9, 0.04, false, 1, "cosine", 0.01, List.of(), 0.1, 0.999,
                1e-3, false, 10, 3);
    }

    @Override
    protected Map<String, Object> atStart() {
        return DinoTest.with(Map.of("hidden", 64, "bottleneck", 512, "outputs", 512));
    }

    /// The last layer is frozen in the first epoch.
    @Override
    protected int phases() {
        return 2;
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            1.434764148765, 1.461769359290, 0.989911652396, 0.722717609288, 0.391532916829, 0.108593213268,
            0.034171160434, 0.018389348788, 0.016273102081, 0.019885689538};
    }

    /// The losses are small here, and so are their errors.
    @Override
    protected double tenTolerance() {
        return 1e-4;
    }

    /// Without augmentation, so that what is to be learnt stands still: the targets of augmented views go on changing,
    /// and growing in number, for thousands of steps. Where the views are the same the loss starts at 0.4 of chance,
    /// and the bound is a quarter of it in place of 0.6.
    @Override
    protected TrainConfig byHeart() {
        return new TrainConfig("dino", DinoTest.BY_HEART, "shapes", 16, "none",
                new TrainConfig.EncoderConfig("vit-mini", 24, "patch4"),
                new TrainConfig.Optimization("adamw", 1e-3, 0.9, 0.04, false, 2), 64, 25, 17);
    }

    @Override
    protected double byHeartBound(double chance) {
        return 0.25 * chance;
    }

    /// Positions are those of the run's images; the file brings them back, and the network takes other sizes too.
    @Test
    void theEncodersFileHoldsTheTransformer(@TempDir Path folder) throws IOException {
        TrainConfig config = tenSteps();
        Path file = folder.resolve("encoder.safetensors");
        Normalize normalize = new Normalize(List.of(0.1, 0.2, 0.3), List.of(0.4, 0.5, 0.6));
        try (Device device = reference(); Trainer trainer = trainer(config, device)) {
            train(trainer, 2);
            EncoderFile.save(file, trainer.encoder(), config, normalize);
            EncoderFile.Loaded loaded = EncoderFile.load(file, device);
            assertThat(loaded.network()).isInstanceOf(VisionTransformer.class);
            assertThat(loaded.side()).isEqualTo(9);
            assertThat(Modules.state(loaded.network()).get("pos_embed").dim(1)).isEqualTo(1 + 3 * 3);
            for (int side : new int[] {9, 7, 12}) {
                assertThat(loaded.network().apply(noise(device, 2, side, 1), Mode.EVAL).doubles())
                        .isEqualTo(trainer.encoder().apply(noise(device, 2, side, 1), Mode.EVAL).doubles());
            }
        }
    }
}
