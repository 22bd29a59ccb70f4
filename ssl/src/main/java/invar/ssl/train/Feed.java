package invar.ssl.train;

import invar.ssl.UserError;
import invar.ssl.augment.Mosaic;
import invar.ssl.augment.Recipe;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.data.LabelledSubset;
import invar.ssl.method.Gridded;
import invar.ssl.method.Methods;
import invar.ssl.method.Needs;
import invar.ssl.train.ViewPlace.Kind;
import java.util.Locale;
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
    /// @throws UserError if the recipe makes too few views or not those of the method, the data lack labels, or a batch
    ///                   is larger than the data
    public static Feed of(TrainConfig config, Dataset data, Recipe recipe, int workers) {
        Needs needs = Methods.named(config.method()).needs();
        int made = recipe.views().size();
        if (made < needs.views()) {
            throw new UserError("The augmentation " + config.augment() + " makes " + made
                    + " view(s) of an image, but " + config.method() + " takes " + needs.views() + ".");
        }
        requireViews(config, needs, recipe);
        Recipe taken = needs.local() ? recipe : recipe.first(needs.views());
        Dataset items = needs.views() == 1 ? data.perDrawing() : data;
        if (!needs.labels()) {
            return new Feed(loader(config, items, taken, workers), needs.views(), Optional.empty(), new int[0],
                    items.classes().size());
        }
        int parts = config.encoder().parts(), labelledBatch = config.labels().batch();
        if (labelledBatch < 2 || labelledBatch % parts != 0) {
            String rule = labelledBatch < 2 ? "at least 2, as batch norm needs more than one image"
                    : "a multiple of " + parts + ", the parts of encoder.norm, which is " + config.encoder().norm();
            throw new UserError("labels.batch must be " + rule + ", but is " + labelledBatch + ".");
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

    /// Methods of pieces see mosaics of the right ones, or whole images to cut; others see whole images, and those that
    /// ask how an image was turned, images that nobody else has turned so far that it could be another quarter.
    private static void requireViews(TrainConfig config, Needs needs, Recipe recipe) {
        String augmentation = "the augmentation " + config.augment() + " (--augment)";
        if (recipe.turns() >= 45 && needs.upright()) {
            throw new UserError(String.format(Locale.ROOT, "%s asks by which quarter an image was turned, so its views "
                    + "must be turned by less than 45 degrees, but %s turns them by up to %.0f.", config.method(),
                    augmentation, recipe.turns()));
        }
        if (needs.pieces().isEmpty()) {
            recipe.mosaic().ifPresent(mosaic -> {
                throw new UserError(config.method() + " takes whole images, but " + augmentation + " makes mosaics of "
                        + mosaic + ".");
            });
            return;
        }
        Mosaic wanted = new Mosaic(needs.pieces().get(), ((Gridded) ConfigFile.settings(config)).grid());
        int side = config.imageSize();
        if (recipe.plain()) {
            if (side % wanted.grid() == 0) return;
            throw new UserError(config.method() + " cuts whole images into " + wanted + ", but the side of "
                    + side + " pixels (--image-size) is not a multiple of " + wanted.grid() + ".");
        }
        if (recipe.mosaic().equals(Optional.of(wanted))) return;
        String made = recipe.mosaic().map(Mosaic::toString).orElse("no mosaics");
        boolean grids = recipe.mosaic().filter(mosaic -> mosaic.pieces().equals(wanted.pieces())).isPresent();
        throw new UserError(config.method() + " takes mosaics of " + wanted + (grids ? " (--set grid)" : "") + ", but "
                + augmentation + " makes " + made + " of images of " + side + " pixels: use --"
                + (grids ? "set grid=" + recipe.mosaic().orElseThrow().grid() : "augment " + makerOf(wanted, side))
                + ".");
    }

    /// The first recipe that makes mosaics of these pieces.
    private static String makerOf(Mosaic wanted, int side) {
        return Recipes.names().stream().filter(name -> Recipes.named(name, side).mosaic()
                .filter(mosaic -> mosaic.pieces().equals(wanted.pieces())).isPresent()).findFirst().orElseThrow();
    }

    /// Views of other images than those that draw from the same seed.
    private static final long LABELLED = 0x6c6162656c6c6564L;

    private static BatchLoader loader(TrainConfig config, Dataset data, Recipe recipe, int workers) {
        return new BatchLoader(data, recipe, config.batch(), config.epochs(), config.seed(), workers);
    }

    /// The same batches, with views that are made there; those of labelled images of the same data set, if that is in
    /// the device's memory, or of their bytes.
    Feed at(ViewPlace place) {
        if (!place.onDevice()) return this;
        return new Feed(images.at(place.kind()), global, labelled.map(some -> some.at(placeOf(some, place))), labels,
                classes);
    }

    private Kind placeOf(BatchLoader some, ViewPlace all) {
        if (!some.recipe().onDevice()) return Kind.HOST;
        return some.drawings(images).isPresent() ? all.kind() : Kind.SENT;
    }

    @Override
    public void close() {
        images.close();
        labelled.ifPresent(BatchLoader::close);
    }
}
