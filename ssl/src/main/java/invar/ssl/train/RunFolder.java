package invar.ssl.train;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

import invar.ssl.UserError;

/// Where a run keeps what it makes:
/// ```
/// config.yaml                     every resolved setting
/// environment.json                versions and machine
/// metrics.csv, metrics.jsonl      one row an epoch
/// train.log                       what was printed
/// checkpoints/last.safetensors    everything needed to continue
/// encoder.safetensors             the trained encoder, torchvision's names
/// ```
public record RunFolder(Path root) {

    /// A new folder for a run.
    ///
    /// @param overwrite whether an existing run in it may be replaced
    /// @throws UserError if the folder exists, is not empty and may not be replaced, or cannot be made
    public static RunFolder create(Path root, boolean overwrite) {
        try {
            if (Files.exists(root) && !Files.isDirectory(root)) {
                throw new UserError("The run folder " + root + " is a file.");
            }
            if (!isEmpty(root)) {
                if (!overwrite) {
                    throw new UserError("The run folder " + root + " is not empty: choose another with --out, continue it with "
                            + "--resume " + root + ", or replace it with --overwrite.");
                }
                RunFolder old = new RunFolder(root);
                for (Path file : new Path[] {old.checkpoint(), old.metricsCsv(), old.metricsJson(), old.log(), old.encoder()}) {
                    Files.deleteIfExists(file);
                }
            }
            Files.createDirectories(root.resolve("checkpoints"));
            return new RunFolder(root);
        } catch (IOException e) {
            throw new UserError("The run folder " + root + " cannot be made: " + e.getMessage() + ".", e);
        }
    }

    /// The first of `runs/name`, `runs/name-2`, `runs/name-3`, … that does not exist.
    public static Path fresh(String name) {
        Path path = Path.of("runs", name);
        for (int i = 2; Files.exists(path); i++) path = Path.of("runs", name + "-" + i);
        return path;
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

    /// Every resolved setting.
    public Path config() {
        return root.resolve("config.yaml");
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

    /// The trained encoder.
    public Path encoder() {
        return root.resolve("encoder.safetensors");
    }
}
