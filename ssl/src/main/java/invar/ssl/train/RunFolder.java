package invar.ssl.train;

import invar.nn.io.AtomicFile;
import invar.ssl.UserError;
import invar.ssl.data.Split;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Where a run keeps what it makes:
/// ```
/// config.yaml                     every resolved setting
/// data.tsv                        every image by name: to train on, and held out
/// environment.json                versions and machine
/// metrics.csv, metrics.jsonl      one row an epoch
/// train.log                       what was printed
/// checkpoints/last.safetensors    everything needed to continue
/// encoder.safetensors             the trained encoder, torchvision's names
/// classifier.safetensors          images to classes, of `ssl finetune` and `ssl distill`
/// ```
public record RunFolder(Path root) {

    /// Refuses a place where [#create] would fail, before work begins.
    ///
    /// @param overwrite whether an existing run in it may be replaced
    /// @throws UserError if `root` is a file, or is not empty and may not be replaced
    public static void check(Path root, boolean overwrite) {
        if (Files.exists(root) && !Files.isDirectory(root)) throw new UserError("The run folder " + root
                + " is a file.");
        try {
            if (!overwrite && !isEmpty(root)) {
                throw new UserError("The run folder " + root
                        + " is not empty: choose another with --out, continue it with "
                        + "--resume " + root + ", or replace it with --overwrite.");
            }
        } catch (IOException e) {
            throw new UserError("The run folder " + root + " cannot be read: " + reason(e) + ".", e);
        }
    }

    /// A new folder for a run. Of an earlier run in it nothing is left; other files stay.
    ///
    /// @param overwrite whether an existing run in it may be replaced
    /// @throws UserError if the folder exists, is not empty and may not be replaced, or cannot be made
    public static RunFolder create(Path root, boolean overwrite) {
        check(root, overwrite);
        RunFolder folder = new RunFolder(root);
        try {
            Files.createDirectories(folder.checkpoint().getParent());
            for (Path file : List.of(folder.checkpoint(), folder.config(), folder.data(), folder.environment(),
                    folder.metricsCsv(), folder.metricsJson(), folder.log(), folder.encoder(), folder.result(),
                    folder.classifier())) {
                Files.deleteIfExists(file);
            }
            return folder;
        } catch (IOException e) {
            throw new UserError("The run folder " + root + " cannot be made: " + reason(e) + ".", e);
        }
    }

    /// A new folder: the first of `runs/name`, `runs/name-2`, `runs/name-3`, … that does not exist.
    ///
    /// @throws UserError if it cannot be made
    public static RunFolder fresh(String name) {
        Path root = Path.of("runs", name);
        try {
            Files.createDirectories(root.getParent());
            for (int i = 2; !made(root); i++) root = Path.of("runs", name + "-" + i);
        } catch (IOException e) {
            throw new UserError("The run folder " + root + " cannot be made: " + reason(e) + ".", e);
        }
        return create(root, false);
    }

    /// Makes a folder unless it is there already: of two runs that start at once, one gets it.
    private static boolean made(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case FileAlreadyExistsException f -> f.getFile() + " is a file";
            case AccessDeniedException f -> "access to " + f.getFile() + " is denied";
            default -> e.getMessage();
        };
    }

    /// The folder of an earlier run, to continue or evaluate.
    ///
    /// @throws UserError if there is no run
    public static RunFolder existing(Path root) {
        RunFolder folder = new RunFolder(root);
        if (!Files.isDirectory(root)) throw new UserError("There is no run folder " + root + ".");
        if (!Files.isRegularFile(folder.config())) {
            throw new UserError("The folder " + root + " holds no run: it has no config.yaml.");
        }
        return folder;
    }

    private static boolean isEmpty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return true;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }

    /// Writes what determines a run: its settings, and which images it trains on and holds out.
    ///
    /// @throws IOException if a file cannot be written
    public void begin(TrainConfig config, Split split) throws IOException {
        ConfigFile.save(config, config());
        AtomicFile.write(data(), manifest(split).getBytes(StandardCharsets.UTF_8));
    }

    /// Refuses to continue a run with other images than it was begun with.
    ///
    /// @throws UserError if they are others
    /// @throws IOException if the list of images cannot be read
    public void requireSameData(TrainConfig config, Split split) throws IOException {
        if (Files.exists(data()) && !Files.readString(data()).equals(manifest(split))) {
            throw new UserError("The data " + config.data() + " is not what the run " + root
                    + " was begun with: its items are no longer those of " + data() + ".");
        }
    }

    private static String manifest(Split split) {
        return String.join("\n", split.manifest()) + "\n";
    }

    /// Every resolved setting.
    public Path config() {
        return root.resolve("config.yaml");
    }

    /// What was trained on: [invar.ssl.data.Split#manifest].
    public Path data() {
        return root.resolve("data.tsv");
    }

    /// Versions and machine.
    public Path environment() {
        return root.resolve("environment.json");
    }

    /// One row an epoch.
    public Path metricsCsv() {
        return root.resolve("metrics.csv");
    }

    /// The same rows, one JSON object a line.
    public Path metricsJson() {
        return root.resolve("metrics.jsonl");
    }

    /// What was printed.
    public Path log() {
        return root.resolve("train.log");
    }

    /// Everything needed to continue.
    public Path checkpoint() {
        return root.resolve("checkpoints").resolve("last.safetensors");
    }

    /// What it is worth: the measures of the last table, as CSV.
    public Path result() {
        return root.resolve("result.csv");
    }

    /// The trained encoder.
    public Path encoder() {
        return root.resolve("encoder.safetensors");
    }

    /// The classifier that was trained from it.
    public Path classifier() {
        return root.resolve("classifier.safetensors");
    }
}
