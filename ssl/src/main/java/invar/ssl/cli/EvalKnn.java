package invar.ssl.cli;

import invar.core.Device;
import invar.ssl.UserError;
import invar.ssl.data.Datasets;
import invar.ssl.data.Split;
import invar.ssl.probe.Evaluation;
import invar.ssl.train.EncoderFile;
import invar.ssl.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `ssl eval knn`: a weighted vote of nearest neighbours, and retrieval where the data has two drawings.
@Command(name = "knn", mixinStandardHelpOptions = true, sortOptions = false, usageHelpWidth = 100,
        description = "Classifies held-out images by a weighted vote of their nearest training images in feature "
                + "space; on data "
                + "with two drawings of each thing also finds the other drawing.",
        footer = {"", "Examples:", "  ssl eval knn runs/simclr-emoji32",
            "  ssl eval knn encoder.safetensors --data cifar-10-binary.tar.gz --k 200 --temperature 0.1"})
final class EvalKnn implements Callable<Integer> {

    /// Neighbours and temperature of the vote (Caron et al. 2021, arXiv:2104.14294, App. F: k = 20, τ = 0.07).
    static final int NEIGHBOURS = 20;
    static final double TEMPERATURE = 0.07;
    /// At most so many training images vote, so that the measure costs seconds.
    static final int BANK = 20_000;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN|FILE", description = "A run's folder, or an encoder.safetensors.")
    private Path encoder;

    @Option(names = "--data", paramLabel = "NAME|PATH", description = "Other data than it was trained on.")
    private String data;

    @Option(names = "--k", paramLabel = "N",
            description = "Neighbours that vote (default: " + NEIGHBOURS + ", or all if there are fewer).")
    private Integer k;

    @Option(names = "--temperature", paramLabel = "TAU", defaultValue = "" + TEMPERATURE,
            description = "Weight of a neighbour: exp(similarity / TAU) (default: ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(names = "--bank", paramLabel = "N", defaultValue = "" + BANK,
            description = "At most so many training images vote, at even distances in the data "
                    + "(default: ${DEFAULT-VALUE}).")
    private int bank;

    @Mixin
    private DeviceOption device;

    @Override
    public Integer call() {
        if (k != null && k < 1) throw new UserError("--k must be at least 1 but is " + k + ".");
        if (!(temperature > 0
                && Double.isFinite(temperature))) throw new UserError("--temperature must be a number > 0 but is "
                + temperature + ".");
        if (bank < 1) throw new UserError("--bank must be at least 1 but is " + bank + ".");
        Path file = Files.isDirectory(encoder) ? RunFolder.existing(encoder).encoder() : encoder;
        try (Device opened = device.open()) {
            EncoderFile.Loaded loaded = EncoderFile.load(file, opened);
            Split split = Datasets.open(data != null ? data : loaded.data(),
                    Datasets.Options.DEFAULT.withSide(loaded.side()));
            Evaluation evaluation = new Evaluation(split, loaded.side(), loaded.normalize(),
                    k != null ? k : NEIGHBOURS, temperature, bank, opened);
            if (!evaluation.possible()) {
                throw new UserError("The data " + split.test().name()
                        + " has no labels and no second drawings: nothing can be "
                        + "measured on it.");
            }
            int voters = Math.min(bank, split.bank().perDrawing().size());
            if (k != null && k > voters) {
                throw new UserError("--k must be at most the number of training images that vote, which is " + voters
                        + ", but is " + k + ".");
            }
            Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
            rows.put(file.toString(), evaluation.of(loaded.network()));
            Report.table(spec.commandLine().getOut()::println, "held out: " + split.test().size() + " items", rows);
        }
        return ExitCode.OK;
    }
}
