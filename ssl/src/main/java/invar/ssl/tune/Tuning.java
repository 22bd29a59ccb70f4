package invar.ssl.tune;

import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Split;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.io.IOException;
import java.nio.file.Path;

/// A run that trains a classifier, ready to begin or to go on.
///
/// @param config  its settings
/// @param split   its data
/// @param trainer its networks and optimizer
/// @param network the one that is trained
/// @param about   what the classifier will be
/// @param title   what the network is called in a table
public record Tuning(TrainConfig config, Split split, Trainer trainer, TaskNetwork network,
        ClassifierFile.About about, String title) implements AutoCloseable {

    /// The first view of the settings' recipe, with the normalisation of the run that the network comes from.
    static Recipe recipe(TrainConfig config, Pretraining from) {
        return Recipes.named(config.augment(), config.imageSize()).then(from.normalize()).first(1);
    }

    /// Whether the held-out images have labels that the classifier knows.
    public boolean measurable() {
        return split.test().classes().equals(about.classes());
    }

    /// Writes the classifier as a whole or not at all.
    public void save(Path file) throws IOException {
        ClassifierFile.save(file, network, about);
    }

    @Override
    public void close() {
        trainer.close();
    }
}
