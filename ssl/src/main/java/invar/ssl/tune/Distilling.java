package invar.ssl.tune;

import invar.core.Device;
import invar.nn.Layer;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import invar.ssl.augment.Recipe;
import invar.ssl.data.Dataset;
import invar.ssl.data.Split;
import invar.ssl.train.BatchLoader;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Feed;
import invar.ssl.train.RunFolder;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import invar.ssl.train.ViewPlace;
import java.nio.file.Path;
import java.util.Optional;

/// Makes a run of [Distill] from its settings.
public final class Distilling {

    /// Views of other images than those that draw from the same seed.
    private static final long LABELLED = 0x6c6162656c6c6564L;

    private Distilling() {}

    /// The settings of the run in this folder.
    ///
    /// @throws UserError if it is a run of another kind
    public static TrainConfig load(RunFolder folder) {
        String method = ConfigFile.method(folder.config());
        if (!method.equals(Distill.NAME)) {
            throw new UserError("The run " + folder.root() + " is one of " + method + ", not of ssl distill.");
        }
        return ConfigFile.load(folder.config(), Distill.Config.DEFAULTS);
    }

    /// The settings' teacher.
    ///
    /// @throws UserError if there is none
    public static ClassifierFile.Loaded teacher(TrainConfig config, Device device) {
        return ClassifierFile.load(Path.of(ConfigFile.settings(config, Distill.Config.DEFAULTS).teacher()), device);
    }

    /// Loads data and weights and builds everything; all mistakes in the settings are found here.
    ///
    /// @throws UserError if the settings do not fit the data, the teacher or the student's run
    public static Tuning prepare(TrainConfig config, ClassifierFile.Loaded teacher, Device device, int workers) {
        return prepare(config, teacher, device, workers, ViewPlace.Wish.AUTO);
    }

    /// The same with views that are made where somebody wants them.
    public static Tuning prepare(TrainConfig config, ClassifierFile.Loaded teacher, Device device, int workers,
            ViewPlace.Wish place) {
        Distill.Config settings = ConfigFile.settings(config, Distill.Config.DEFAULTS);
        ClassifierFile.About taught = teacher.about();
        Split split = Pretraining.split(config);
        Pretraining from = student(config, settings, taught, split);
        if (config.imageSize() != taught.side() || from.config().imageSize() != taught.side()) {
            throw new UserError("Student and teacher must see images of one size, but the student's have "
                    + from.config().imageSize() + " pixels a side and the teacher's " + taught.side() + ".");
        }
        if (!from.config().encoder().equals(config.encoder())) {
            throw new UserError("The run " + settings.student() + " has another encoder than the student's.");
        }
        if (settings.alpha() < 1 && !split.train().classes().equals(taught.classes())) {
            throw new UserError("With --alpha below 1 the data need the labels that the teacher knows, but the classes "
                    + "of " + split.train().name() + " are others.");
        }
        Feed feed = feed(config, settings, split, Tuning.recipe(config, taught.pretraining()), workers,
                taught.classes().size());
        try {
            Trainer trainer = new Trainer(config, feed, device, place, setup -> new Distill(settings, teacher.network(),
                    TaskNetwork.of(setup.init(), encoder(from, settings, setup), setup.features(), Optional.empty(),
                            setup.classes())));
            return new Tuning(config, split, trainer, ((Distill) trainer.method()).student(),
                    new ClassifierFile.About(from, 0, taught.classes(), config.data()), "student");
        } catch (RuntimeException | Error e) {
            feed.close();
            throw e;
        }
    }

    /// What the student is built like; with its own run, if it starts from one.
    private static Pretraining student(TrainConfig config, Distill.Config settings, ClassifierFile.About taught,
            Split split) {
        if (!settings.student().isEmpty()) {
            Pretraining own = Pretraining.of(Path.of(settings.student()));
            return new Pretraining(own.run(), own.config(), own.images(), own.classes(), own.totalSteps(),
                    taught.pretraining().normalize());
        }
        int images = split.train().perDrawing().size();
        return new Pretraining("", config, images, taught.classes().size(),
                (long) (images / config.batch()) * config.epochs(), taught.pretraining().normalize());
    }

    private static Layer encoder(Pretraining from, Distill.Config settings, Setup setup) {
        if (settings.student().isEmpty()) return setup.encoder();
        SslMethod method = from.method(setup.encoder(), setup.features(), setup.init());
        from.restore(method);
        return method.encoder();
    }

    private static Feed feed(TrainConfig config, Distill.Config settings, Split split, Recipe recipe, int workers,
            int classes) {
        Optional<BatchLoader> labelled = Optional.empty();
        int[] labels = new int[0];
        if (settings.alpha() < 1) {
            Dataset some = FineTuning.labelled(split, config.labels().fraction(), config.seed());
            labels = new int[some.size()];
            for (int i = 0; i < labels.length; i++) labels[i] = some.label(i);
            if (config.labels().batch() > labels.length) {
                throw new UserError("The batch of " + config.labels().batch() + " labelled images is larger than the "
                        + "data: " + labels.length + " images have labels.");
            }
            labelled = Optional.of(new BatchLoader(some, recipe, config.labels().batch(), Integer.MAX_VALUE,
                    config.seed() ^ LABELLED, 1));
        }
        try {
            return new Feed(new BatchLoader(split.train().perDrawing(), recipe, config.batch(), config.epochs(),
                    config.seed(), workers), 1, labelled, labels, classes);
        } catch (RuntimeException | Error e) {
            labelled.ifPresent(BatchLoader::close);
            throw e;
        }
    }
}
