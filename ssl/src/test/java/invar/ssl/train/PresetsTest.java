package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.ssl.method.Methods;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The published settings, written down a second time from the specification, whose sections are named; where it says
/// nothing, from the source that the preset names.
class PresetsTest {

    private static TrainConfig preset(String method, String preset) {
        return ConfigFile.resolve(null, Optional.of(preset), Map.of("method", method, "data", "shapes"));
    }

    /// Everything but the method's own settings. `lars` of an official code trusts to 0.001 (3.0.5); that of solo-learn
    /// is `lars-lightly` with 0.02 (3.0.5, no. 3; App. B). SGD is plain unless it says Nesterov; biases and norms decay
    /// where it says `all`.
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", value = {
        // method, preset | optimizer | lr | momentum | decay | the rest | warm-up | schedule | batch | epochs
        // | network | views
        // 3.1: lr 0.01 to epoch 15, 30, 45 of 50; 0.1, 0.02, 0.004, 0.0008 from 60, 120, 160 of 200
        "rotnet paper | sgd | 0.01 | 0.9 | 5e-4 | nesterov all | 0 | x 0.1 at 0.3 0.6 0.9 | 192 | 50"
                + "| resnet50 64 imagenet batch | 224 rotnet",
        "rotnet cifar | sgd | 0.1 | 0.9 | 5e-4 | nesterov all | 0 | x 0.2 at 0.3 0.6 0.8 | 128 | 200"
                + "| resnet18 64 cifar batch | 32 rotnet",
        // 3.2: SGD 0.01, b256, 350 k steps; VISSL: lr 0.1 b/256, warm-up 5 of 105, x 0.1 at 30, 60, 90 and 100
        "jigsaw paper | sgd | 0.01 | 0.9 | 5e-4 | - | 0 | constant | 256 | 70"
                + "| resnet50 64 imagenet batch | 256 jigsaw",
        "jigsaw cifar | sgd | 0.1 | 0.9 | 1e-4 | - | 5 | x 0.1 at 0.285714 0.571429 0.857143 0.952381 | 256 | 105"
                + "| resnet18 64 cifar batch | 32 jigsaw",
        // 3.3: Adam 4e-4, 0.8 and 0.999, b512, 200 epochs; the port: Adam 2e-4, b16, 300 epochs; layer norm
        "cpc paper | adam | 4e-4 | 0.8 | 0 | beta2 0.999 | 0 | constant | 512 | 200"
                + "| resnet50 64 imagenet layer | 260 cpc",
        "cpc cifar | adam | 2e-4 | 0.9 | 0 | beta2 0.999 | 0 | constant | 16 | 300"
                + "| resnet18 64 cifar layer | 32 cpc",
        // 3.4: SGD 0.9, b256, lr 0.03, wd 1e-4, x 0.1 at 120 and 160 of 200; CIFAR b128, wd 5e-4, no drop until 120
        "instdisc paper | sgd | 0.03 | 0.9 | 1e-4 | all | 0 | x 0.1 at 0.6 0.8 | 256 | 200"
                + "| resnet50 64 imagenet batch | 224 moco-v1",
        "instdisc cifar | sgd | 0.03 | 0.9 | 5e-4 | all | 0 | x 0.1 at 0.6 0.8 | 128 | 200"
                + "| resnet18 64 cifar batch | 32 instdisc",
        // 3.5: b4096, lr 0.3 b/256, warm-up 10, wd 1e-6; CIFAR b512, 1000 epochs, lr 1, wd 1e-4
        "simclr paper | lars-simclr | 4.8 | 0.9 | 1e-6 | trust 0.001 | 10 | cosine to 0.0 | 4096 | 100"
                + "| resnet50 64 imagenet batch zeroInit | 224 simclr",
        "simclr cifar | lars-simclr | 1.0 | 0.9 | 1e-4 | trust 0.001 | 10 | cosine to 0.0 | 512 | 1000"
                + "| resnet18 64 cifar batch zeroInit | 32 simclr",
        // 3.6: lr 0.1 sqrt(b), warm-up 5 % of 800, wd 1e-4, b4096
        "simclrv2 paper | lars-simclr | 6.4 | 0.9 | 1e-4 | trust 0.001 | 40 | cosine to 0.0 | 4096 | 800"
                + "| resnet50 64 imagenet batch zeroInit | 224 simclr",
        "simclrv2 cifar | lars-simclr | 1.0 | 0.9 | 1e-4 | trust 0.001 | 10 | cosine to 0.0 | 512 | 1000"
                + "| resnet18 64 cifar batch zeroInit | 32 simclr",
        // 3.7: SGD 0.9, b256, lr 0.03, wd 1e-4 on everything, 200 epochs; demo b512, 0.06, 5e-4, crops from 8 %
        "moco-v1 paper | sgd | 0.03 | 0.9 | 1e-4 | all | 0 | x 0.1 at 0.6 0.8 | 256 | 200"
                + "| resnet50 64 imagenet split8 | 224 moco-v1",
        "moco-v1 cifar | sgd | 0.06 | 0.9 | 5e-4 | all | 0 | cosine to 0.0 | 512 | 200"
                + "| resnet18 64 cifar split8 | 32 simclr",
        // App. B: lightly, 0.06 b/128 and wd 5e-4 for the mean of both directions, which is half of their sum
        "moco-v2 paper | sgd | 0.03 | 0.9 | 1e-4 | all | 0 | cosine to 0.0 | 256 | 200"
                + "| resnet50 64 imagenet split8 | 224 moco-v2",
        "moco-v2 cifar | sgd | 0.03 | 0.9 | 1e-3 | all | 0 | cosine to 0.0 | 128 | 200"
                + "| resnet18 64 cifar split8 | 32 simclr",
        // 3.7: LARS 0.6 b/256 for 100 epochs, wd 1e-6, warm-up 10, b4096, crops from 20 %; App. B: lr 0.3, wd 1e-6
        "moco-v3 paper | lars | 9.6 | 0.9 | 1e-6 | trust 0.001 | 10 | cosine to 0.0 | 4096 | 100"
                + "| resnet50 64 imagenet batch zeroInit | 224 moco-v3",
        "moco-v3 cifar | lars-lightly | 0.3 | 0.9 | 1e-6 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 byol",
        // 3.8: 1000 epochs: 0.2 b/256, wd 1.5e-6, warm-up 10; App. B: lr 1, wd 1e-5
        "byol paper | lars | 3.2 | 0.9 | 1.5e-6 | trust 0.001 | 10 | cosine to 0.0 | 4096 | 1000"
                + "| resnet50 64 imagenet batch zeroInit | 224 byol",
        "byol cifar | lars-lightly | 1.0 | 0.9 | 1e-5 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 byol",
        // 3.9: lr 0.05 b/256, b512, wd 1e-4 on all, 100 epochs; CIFAR 0.03 b/256, wd 5e-4, b512, 800 epochs
        "simsiam paper | sgd | 0.1 | 0.9 | 1e-4 | all | 0 | cosine to 0.0 | 512 | 100"
                + "| resnet50 64 imagenet batch zeroInit | 224 moco-v2",
        "simsiam cifar | sgd | 0.06 | 0.9 | 5e-4 | all | 0 | cosine to 0.0 | 512 | 800"
                + "| resnet18 64 cifar batch zeroInit | 32 moco-v2",
        // 3.12: 0.2 b/256, b2048, warm-up 10, to 0.001, 1000 epochs; wd of the paper; App. B: lr 0.3, wd 1e-4
        "barlow paper | lars | 1.6 | 0.9 | 1.5e-6 | trust 0.001 | 10 | cosine to 0.001 | 2048 | 1000"
                + "| resnet50 64 imagenet batch zeroInit | 224 byol",
        "barlow cifar | lars-lightly | 0.3 | 0.9 | 1e-4 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 byol",
        // 3.13: 0.2 b/256, wd 1e-6, warm-up 10, to 0.001, b2048, 1000 epochs; solo-learn: lr 0.3, wd 1e-4
        "vicreg paper | lars | 1.6 | 0.9 | 1e-6 | trust 0.001 | 10 | cosine to 0.001 | 2048 | 1000"
                + "| resnet50 64 imagenet batch zeroInit | 224 byol",
        "vicreg cifar | lars-lightly | 0.3 | 0.9 | 1e-4 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 byol",
        // 3.10 and 3.11: 4.8 to 0.0048, b4096, warm-up 10, wd 1e-6, 800 epochs; App. B: lr 0.6, wd 1e-6
        "swav paper | lars | 4.8 | 0.9 | 1e-6 | trust 0.001 | 10 | cosine to 0.001 | 4096 | 800"
                + "| resnet50 64 imagenet batch | 224 swav",
        "swav cifar | lars-lightly | 0.6 | 0.9 | 1e-6 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 simclr",
        "deepcluster-v2 paper | lars | 4.8 | 0.9 | 1e-6 | trust 0.001 | 10 | cosine to 0.001 | 4096 | 800"
                + "| resnet50 64 imagenet batch | 224 swav",
        // deepclusterv2.yaml of solo-learn: warmup_epochs 11, min_lr 0.0006
        "deepcluster-v2 cifar | lars-lightly | 0.6 | 0.9 | 1e-6 | trust 0.02 | 11 | cosine to 0.001 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 simclr",
        // 3.14: AdamW 5e-4 b/256, to 1e-6, wd 0.04 to 0.4, clip 3, warm-up 10; App. B: lr 0.3, wd 1e-6
        "dino paper | adamw | 0.002 | 0.9 | 0.04 | beta2 0.999 endDecay 10.0 clip 3.0 | 10 | cosine to 5.0E-4"
                + "| 1024 | 300 | vit-small 384 patch16 layer | 224 dino",
        "dino cifar | lars-lightly | 0.3 | 0.9 | 1e-6 | trust 0.02 | 10 | cosine to 0.0 | 256 | 1000"
                + "| resnet18 64 cifar batch | 32 byol",
        // 3.17: SGD Nesterov 0.9, 0.03 cos(7 pi t/16T), wd 5e-4 on kernels, 2^16 Ki images (labelled, for FixMatch)
        "pi-model paper | sgd | 0.03 | 0.9 | 5e-4 | nesterov | 0 | fixmatch | 64 | 1343"
                + "| resnet18 32 cifar batch | 32 weak",
        "mean-teacher paper | sgd | 0.03 | 0.9 | 5e-4 | nesterov | 0 | fixmatch | 64 | 1343"
                + "| resnet18 32 cifar batch | 32 weak",
        "fixmatch paper | sgd | 0.03 | 0.9 | 5e-4 | nesterov | 0 | fixmatch | 448 | 9396"
                + "| resnet18 32 cifar batch | 32 fixmatch"})
    void trainAsPublished(String which, String optimizer, double lr, double momentum, double decay, String rest,
            double warmup, String schedule, int batch, int epochs, String network, String views) {
        TrainConfig config = preset(which.split(" ")[0], which.split(" ")[1]);
        TrainConfig.Optimization o = config.optimization();
        TrainConfig.EncoderConfig e = config.encoder();
        assertThat(o.optimizer()).isEqualTo(optimizer);
        assertThat(o.lr()).isEqualTo(lr, within(1e-15));
        assertThat(o.momentum()).isEqualTo(momentum);
        assertThat(o.weightDecay()).isEqualTo(decay);
        assertThat(rest(o)).isEqualTo(rest == null ? "" : rest);
        assertThat(o.warmupEpochs()).isEqualTo(warmup);
        assertThat(schedule(o)).isEqualTo(schedule);
        assertThat(List.of(config.batch(), config.epochs())).containsExactly(batch, epochs);
        assertThat(e.name() + " " + e.width() + " " + e.stem() + " " + e.norm() + (e.zeroInit() ? " zeroInit" : ""))
                .isEqualTo(network);
        assertThat(config.imageSize() + " " + config.augment()).isEqualTo(views);
    }

    /// What an optimizer has beside learning rate, momentum and decay, where it has it.
    private static String rest(TrainConfig.Optimization o) {
        List<String> rest = new ArrayList<>();
        if (o.nesterov()) rest.add("nesterov");
        if (o.decayAll()) rest.add("all");
        if (o.optimizer().startsWith("lars")) rest.add("trust " + o.trust());
        if (o.optimizer().startsWith("adam")) rest.add("beta2 " + o.beta2());
        if (o.endDecay() != 1) rest.add("endDecay " + o.endDecay());
        if (o.clip() != 0) rest.add("clip " + o.clip());
        return String.join(" ", rest);
    }

    private static String schedule(TrainConfig.Optimization o) {
        return switch (o.schedule()) {
            case "cosine" -> "cosine to " + o.endFactor();
            case "steps" -> "x " + o.stepFactor() + " at "
                    + o.milestones().stream().map(String::valueOf).collect(Collectors.joining(" "));
            default -> o.schedule();
        };
    }

    /// The methods' own settings.
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "rotnet paper | {}", "rotnet cifar | {}",
        // 3.2: 1000 permutations, fc6 512, fc7 4096; VISSL 1000 features a tile, 100 permutations best
        "jigsaw paper | {permutations=1000, selection=max_avg, projection=512, hidden=4096}",
        "jigsaw cifar | {permutations=100, selection=max_avg, projection=1000, hidden=0}",
        // 3.3: 6 x 6, width 256, 5 blocks, 64-d, emb_scale 0.1, ignore 2, predict 3; the port: skip_step 1
        "cpc paper | {grid=6, context=256, blocks=5, target=64, embScale=0.1, stepsToIgnore=2, stepsToPredict=3}",
        "cpc cifar | {grid=3, context=256, blocks=5, target=64, embScale=0.1, stepsToIgnore=1, stepsToPredict=2}",
        // 3.4: dim 128, 0.07 and 0.1 (CIFAR), m 4096, bank 0.5; the code has no proximal term, and random rows
        "instdisc paper | {form=nce, projection=128, temperature=0.07, negatives=4096, momentum=0.5, proximal=0.0,"
                + " firstPass=false}",
        "instdisc cifar | {form=nonparametric, projection=128, temperature=0.1, negatives=4096, momentum=0.5,"
                + " proximal=0.0, firstPass=false}",
        // 3.5: widths 2048 and 128, 0.1; CIFAR 0.5
        "simclr paper | {hidden=2048, projection=128, temperature=0.1}",
        "simclr cifar | {hidden=512, projection=128, temperature=0.5}",
        // 3.6: 3 layers, 64 K, 0.999
        "simclrv2 paper | {hidden=2048, projection=128, layers=3, temperature=0.1, memory=65536, decay=0.999}",
        "simclrv2 cifar | {hidden=512, projection=128, layers=3, temperature=0.5, memory=0, decay=0.999}",
        // 3.7: dim 128, K 65536, m 0.999, 0.07 and a linear head; 0.2 and an MLP; demo 4096, 0.99, 0.1, linear
        "moco-v1 paper | {hidden=0, projection=128, queue=65536, momentum=0.999, temperature=0.07, symmetric=false,"
                + " shuffle=true}",
        "moco-v1 cifar | {hidden=0, projection=128, queue=4096, momentum=0.99, temperature=0.1, symmetric=false,"
                + " shuffle=true}",
        "moco-v2 paper | {hidden=2048, projection=128, queue=65536, momentum=0.999, temperature=0.2, symmetric=false,"
                + " shuffle=true}",
        // App. B: lightly
        "moco-v2 cifar | {hidden=512, projection=128, queue=4096, momentum=0.99, temperature=0.1, symmetric=true,"
                + " shuffle=true}",
        // 3.7: 4096, 256, m 0.99, 1.0; App. B: 0.2, 4096
        "moco-v3 paper | {hidden=4096, projection=256, momentum=0.99, temperature=1.0}",
        "moco-v3 cifar | {hidden=4096, projection=256, momentum=0.99, temperature=0.2}",
        // 3.8: 4096, 256, 0.996 for 1000 epochs; solo-learn 4096, 256, 0.99
        "byol paper | {hidden=4096, projection=256, targetDecay=0.996, predictor=true}",
        "byol cifar | {hidden=4096, projection=256, targetDecay=0.99, predictor=true}",
        // 3.9: 3 layers of 2048, 512, fixed rate of the predictor; CIFAR 2 layers
        "simsiam paper | {layers=3, hidden=2048, projection=2048, bottleneck=512, fixedRate=true, stopGradient=true}",
        "simsiam cifar | {layers=2, hidden=2048, projection=2048, bottleneck=512, fixedRate=true, stopGradient=true}",
        // 3.12: 8192, 0.005 of the paper, 0.0048/0.2; solo-learn 2048, 0.0051, 0.1
        "barlow paper | {hidden=8192, projection=8192, lambda=0.005, scale=1.0, biasRate=0.024}",
        "barlow cifar | {hidden=2048, projection=2048, lambda=0.0051, scale=0.1, biasRate=1.0}",
        // 3.13: 8192, 25, 25, 1; solo-learn 2048, twice the variance
        "vicreg paper | {hidden=8192, projection=8192, invariance=25.0, variance=25.0, covariance=1.0}",
        "vicreg cifar | {hidden=2048, projection=2048, invariance=25.0, variance=50.0, covariance=1.0}",
        // 3.10: 2048, 128, 3000, 0.1, 0.05, 3, one epoch frozen; App. B: two, queue 3840 from epoch 50
        "swav paper | {hidden=2048, projection=128, prototypes=3000, temperature=0.1, epsilon=0.05, iterations=3,"
                + " frozenEpochs=1, queue=0, queueFrom=15}",
        "swav cifar | {hidden=2048, projection=128, prototypes=3000, temperature=0.1, epsilon=0.05, iterations=3,"
                + " frozenEpochs=2, queue=3840, queueFrom=50}",
        // 3.11: three heads of 3000, 10 iterations; App. B: the same
        "deepcluster-v2 paper | {hidden=2048, projection=128, prototypes=3000, heads=3, temperature=0.1,"
                + " iterations=10}",
        "deepcluster-v2 cifar | {hidden=2048, projection=128, prototypes=3000, heads=3, temperature=0.1,"
                + " iterations=10}",
        // 3.14: 2048, 256, 65536, 0.1, 0.04 to 0.07 in 30 epochs, 0.996, one epoch frozen; solo-learn 4096, 0.9995
        "dino paper | {hidden=2048, bottleneck=256, outputs=65536, batchNorm=false, normLastLayer=false,"
                + " studentTemperature=0.1, teacherTemperature=0.07, warmupTemperature=0.04,"
                + " warmupTemperatureEpochs=30, momentum=0.996, frozenEpochs=1}",
        "dino cifar | {hidden=2048, bottleneck=256, outputs=4096, batchNorm=false, normLastLayer=true,"
                + " studentTemperature=0.1, teacherTemperature=0.07, warmupTemperature=0.04,"
                + " warmupTemperatureEpochs=50, momentum=0.9995, frozenEpochs=1}",
        // 3.17: weights 10 and 50 over 40 % of training; 0.95 and 1; EMA 0.999
        "pi-model paper | {weight=10.0, ramp=0.4, ema=0.999}",
        "mean-teacher paper | {weight=50.0, ramp=0.4, ema=0.999}",
        "fixmatch paper | {confidence=0.95, weight=1.0, ema=0.999}"})
    void haveThePublishedSettingsOfTheirOwn(String which, String settings) {
        TrainConfig config = preset(which.split(" ")[0], which.split(" ")[1]);
        assertThat(config.settings()).hasToString(settings);
    }

    /// 3.17: made on CIFAR-10; 250 of 50 000 labels for FixMatch, 4000 for the others, 64 a step.
    @ParameterizedTest
    @CsvSource({"fixmatch, 0.005", "pi-model, 0.08", "mean-teacher, 0.08"})
    void takeOnePresetForAnotherWhereTheyWereMadeOnCifar(String method, double fraction) {
        assertThat(preset(method, "cifar")).isEqualTo(preset(method, "paper"));
        assertThat(preset(method, "paper").labels()).isEqualTo(new TrainConfig.Labels(fraction, 64));
    }

    @Test
    void areTestedAll() throws ReflectiveOperationException {
        for (String test : new String[] {"trainAsPublished", "haveThePublishedSettingsOfTheirOwn"}) {
            List<String> rows = List.of(Arrays.stream(PresetsTest.class.getDeclaredMethods())
                    .filter(method -> method.getName().equals(test)).findFirst().orElseThrow()
                    .getAnnotation(CsvSource.class).value());
            for (Methods.Entry<?> entry : Methods.all()) {
                boolean alike = preset(entry.name(), "cifar").equals(preset(entry.name(), "paper"));
                for (String preset : alike ? List.of("paper") : Presets.NAMES) {
                    assertThat(rows).as(test).filteredOn(row -> row.startsWith(entry.name() + " " + preset + " "))
                            .hasSize(1);
                }
            }
        }
    }

    /// Runs of minutes: what they are is measured, not published; a change of them changes docs/methods.md.
    @ParameterizedTest
    @ValueSource(strings = {"shapes", "emoji32", "cifar10"})
    void dataHaveOneNetworkAndOneSchedule(String data) {
        TrainConfig config = Presets.forData(data);
        boolean emoji = data.equals("emoji32");
        assertThat(config).isEqualTo(new TrainConfig("simclr", Map.of("temperature", emoji ? 0.1 : 0.5), data, 32,
                emoji ? "simclr-drawings" : data.equals("shapes") ? "simclr-shapes" : "simclr",
                new TrainConfig.EncoderConfig("resnet10", emoji ? 16 : 32, "small"),
                emoji ? new TrainConfig.Optimization("sgd", 0.1, 0.9, 1e-4, false, 5)
                        : new TrainConfig.Optimization("sgd", 0.12, 0.9, 5e-4, false, 1),
                emoji ? 128 : 256, emoji ? 110 : 20, 0));
    }

    /// Settings are printed with the source behind each, and are YAML of the same settings with it.
    @Test
    void printWhatTheyAre() {
        for (Methods.Entry<?> entry : Methods.all()) {
            for (String preset : new String[] {"paper", "cifar", ""}) {
                Optional<String> named = Optional.of(preset).filter(name -> !name.isEmpty());
                String text = Presets.withSources("shapes", entry.name(), named);
                assertThat(ConfigFile.parse(text, "it")).as("%s %s", entry.name(), preset).isEqualTo(
                        ConfigFile.resolve(null, named, Map.of("method", entry.name(), "data", "shapes")));
                assertThat(text.lines().filter(line -> line.matches(" {2}lr: .*"))).singleElement().asString()
                        .endsWith(Sources.of(Presets.text(entry.name()))
                                .getOrDefault((preset.isEmpty() ? "small" : preset) + ".optimization.lr",
                                        "0.06 x batch / 128"));
            }
        }
    }
}
