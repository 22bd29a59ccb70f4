package invar.ssl.cli;

import invar.core.Device;
import invar.nn.Layer;
import invar.ssl.UserError;
import invar.ssl.augment.Normalize;
import invar.ssl.data.Dataset;
import invar.ssl.data.Datasets;
import invar.ssl.data.Split;
import invar.ssl.probe.Embedder;
import invar.ssl.probe.Embeddings;
import invar.ssl.probe.Pictures;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.RunFolder;
import invar.ssl.tune.Frozen;
import invar.ssl.tune.LinearProbe;
import invar.ssl.tune.ProbeRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl eval linear`: a linear classifier on the frozen encoder's features, beside the same on pixels and on a random
/// encoder.
@Command(name = "linear", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Trains a linear classifier on the features of training images, which the frozen encoder makes "
                + "once, without augmentation; measures it on held-out images, beside the same on pixels and on a "
                + "random encoder.",
        footer = {"", "Examples:", "  ssl eval linear runs/simclr-emoji32",
            "  ssl eval linear encoder.safetensors --data cifar-10-binary.tar.gz --recipe byol",
            "  ssl eval linear runs/simclr-emoji32 --lr 0.5 --epochs 30"})
final class EvalLinear implements Callable<Integer> {

    /// Pixels are compared at no more than this side, as by `ssl eval knn`.
    private static final int PIXEL_SIDE = 32;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN|FILE", description = "A run's folder, or an encoder.safetensors.")
    private Path encoder;

    @Option(names = "--data", paramLabel = "NAME|PATH", description = "Other data than it was trained on.")
    private String data;

    @Option(names = "--recipe", paramLabel = "NAME", defaultValue = "simclr",
            description = "How the classifier is trained: simclr, moco, byol or barlow, as published "
                    + "(default: ${DEFAULT-VALUE}).")
    private String recipe;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the images (default: the recipe's).")
    private Integer epochs;

    @Option(names = "--lr", paramLabel = "RATE", description = "Highest learning rate (default: the recipe's).")
    private Double lr;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "256",
            description = "Images a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--standardise", negatable = true,
            description = "Whether each feature is standardised first (default: the recipe's; moco does not).")
    private Boolean standardise;

    @Option(names = "--images", paramLabel = "N", defaultValue = "" + EvalKnn.BANK,
            description = "At most so many training images, at even distances in the data "
                    + "(default: ${DEFAULT-VALUE}).")
    private int images;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
            description = "Seed of the order and of the random encoder (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--pixels", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Whether pixels are measured too, which takes longest (default: ${DEFAULT-VALUE}).")
    private boolean pixels;

    @Option(names = "--random-encoder", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Whether an encoder with random weights is measured too (default: ${DEFAULT-VALUE}).")
    private boolean random;

    @Option(names = "--csv", paramLabel = "FILE",
            description = "Also writes the table there, as representation,measure,value with all digits.")
    private Path csv;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() throws IOException {
        ProbeRecipe chosen = chosen();
        if (images < 1) throw new UserError("--images must be at least 1 but is " + images + ".");
        if (batch < 1) throw new UserError("--batch must be at least 1 but is " + batch + ".");
        Path file = Files.isDirectory(encoder) ? RunFolder.existing(encoder).encoder() : encoder;
        try (Device opened = device.open()) {
            EncoderFile.Loaded loaded = EncoderFile.load(file, opened);
            Split split = Datasets.open(data != null ? data : loaded.data(),
                    Datasets.Options.DEFAULT.withSide(loaded.side()));
            int classes = split.train().classes().size();
            if (classes < 2) {
                throw new UserError("A classifier needs at least two classes, but the data " + split.train().name()
                        + " have " + classes + ".");
            }
            Dataset train = split.train().perDrawing().thinned(images), test = split.test().perDrawing();
            Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
            LinearProbe probe = new LinearProbe(chosen, batch, seed, opened);
            int least = Math.min(loaded.side(), PIXEL_SIDE);
            if (pixels) {
                rows.put("raw pixels", measure(probe, train, test, least, loaded.normalize(),
                        pictures -> Embedder.pixels(pictures, least)));
            }
            if (random) {
                Layer drawn = Encoders.make(loaded.encoder(), loaded.side(), opened, seed).network();
                rows.put("random encoder", measure(probe, train, test, loaded.side(), loaded.normalize(),
                        pictures -> Embedder.embed(drawn, pictures, loaded.side(), opened)));
            }
            Frozen frozen = new Frozen(loaded.network());
            rows.put(file.toString(), measure(probe, train, test, loaded.side(), loaded.normalize(),
                    pictures -> Embedder.embed(loaded.network(), pictures, loaded.side(), opened)));
            frozen.check();
            if (csv != null) ResultFile.save(csv, rows);
            Report.table(spec.commandLine().getOut()::println, "held out: " + split.test().size() + " items", rows);
            spec.commandLine().getOut().printf("trained on %,d images without augmentation, recipe %s (%s), %d epochs; "
                    + "the encoder did not move%n", train.size(), chosen.name(), chosen.source(), chosen.epochs());
        }
        return ExitCode.OK;
    }

    private ProbeRecipe chosen() {
        ProbeRecipe chosen = ProbeRecipe.ALL.stream().filter(r -> r.name().equals(recipe)).findFirst()
                .orElseThrow(() -> new UserError("There is no recipe '" + recipe + "'; there are "
                        + ProbeRecipe.ALL.stream().map(ProbeRecipe::name).collect(Collectors.joining(", ")) + "."));
        if (epochs != null) chosen = chosen.withEpochs(epochs);
        if (lr != null) chosen = chosen.withRate(lr);
        return standardise == null ? chosen : chosen.withStandardised(standardise);
    }

    private static Map<String, Double> measure(LinearProbe probe, Dataset train, Dataset test, int side,
            Normalize normalize, Function<Pictures, Embeddings> features) {
        LinearProbe.Result result = probe.measure(labelled(train, side, normalize, features),
                labelled(test, side, normalize, features), train.classes().size());
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("top-1", result.accuracy());
        measures.put("on training images", result.train());
        return measures;
    }

    private static LinearProbe.Labelled labelled(Dataset data, int side, Normalize normalize,
            Function<Pictures, Embeddings> features) {
        int[] labels = new int[data.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = data.label(i);
        return new LinearProbe.Labelled(features.apply(Pictures.of(data, 0, side, normalize)), labels);
    }
}
