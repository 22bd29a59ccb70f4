package invar.ssl.train;

import invar.ssl.UserError;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Dataset;
import invar.ssl.data.LabelledSubset;
import invar.ssl.method.Methods;
import invar.ssl.method.Needs;
import java.util.Optional;

/// The data of a run as its method asks for them.
///
/// @param images   batches to learn from
/// @param global   how many of their views are at full resolution; the others are small crops
/// @param labelled batches with labels, if the method needs them
/// @param labels   the class of each labelled image, by its number in `labelled`
/// @param classes  C; 0 without labels
public record Feed(BatchLoader images, int global, Optional<BatchLoader> labelled, int[] labels, int classes)
        implements AutoCloseable {

    /// The views that the method takes of those that the recipe makes. A method with one view sees every drawing of an
    /// item as an image of its own.
    ///
    /// @param recipe with the normalisation
    /// @throws UserError if the recipe makes too few views, the data lack labels, or a batch is larger than the data
    public static Feed of(TrainConfig config, Dataset data, Recipe recipe, int workers) {
        Needs needs = Methods.named(config.method()).needs();
        int made = recipe.views().size();
        if (made < needs.views()) {
            throw new UserError("The augmentation " + config.augment() + " makes " + made
                    + " view(s) of an image, but " + config.method() + " takes " + needs.views() + ".");
        }
        Recipe taken = needs.local() ? recipe : recipe.first(needs.views());
        Dataset items = needs.views() == 1 ? data.perDrawing() : data;
        if (!needs.labels()) {
            return new Feed(loader(config, items, taken, workers), needs.views(), Optional.empty(), new int[0],
                    items.classes().size());
        }
        Dataset some = LabelledSubset.of(data.perDrawing(), config.labels().fraction(), config.seed());
        if (config.labels().batch() > some.size()) {
            throw new UserError("labels.batch is " + config.labels().batch() + ", but with labels.fraction "
                    + config.labels().fraction() + " there are only " + some.size() + " labelled images.");
        }
        int[] labels = new int[some.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = some.label(i);
        BatchLoader images = loader(config, items, taken, workers);
        BatchLoader labelled = new BatchLoader(some, recipe.first(1), config.labels().batch(), Integer.MAX_VALUE,
                config.seed() ^ LABELLED, 1);
        return new Feed(images, needs.views(), Optional.of(labelled), labels, items.classes().size());
    }

    /// Views of other images than those that draw from the same seed.
    private static final long LABELLED = 0x6c6162656c6c6564L;

    private static BatchLoader loader(TrainConfig config, Dataset data, Recipe recipe, int workers) {
        return new BatchLoader(data, recipe, config.batch(), config.epochs(), config.seed(), workers);
    }

    @Override
    public void close() {
        images.close();
        labelled.ifPresent(BatchLoader::close);
    }
}
