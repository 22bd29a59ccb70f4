package invar.ssl.tune;

import invar.core.Device;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.UserError;
import invar.ssl.data.Dataset;
import invar.ssl.data.LabelledSubset;
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

/// Makes a run of [FineTune] from its settings.
public final class FineTuning {

    private FineTuning() {}

    /// The settings of the run in this folder.
    ///
    /// @throws UserError if it is a run of another kind
    public static TrainConfig load(RunFolder folder) {
        String method = ConfigFile.method(folder.config());
        if (!method.equals(FineTune.NAME)) {
            throw new UserError("The run " + folder.root() + " is one of " + method + ", not of ssl finetune.");
        }
        return ConfigFile.load(folder.config(), FineTune.Config.DEFAULTS);
    }

    /// The images whose labels are used: of every class the same share of all drawings.
    ///
    /// @throws UserError if the data have no labels
    public static Dataset labelled(Split split, double fraction, long seed) {
        return LabelledSubset.of(split.train().perDrawing(), fraction, seed);
    }

    /// Loads data and weights and builds everything; all mistakes in the settings are found here.
    ///
    /// @throws UserError if the settings do not fit the data or the pretraining run
    public static Tuning prepare(TrainConfig config, Device device, int workers) {
        return prepare(config, device, workers, ViewPlace.Wish.AUTO);
    }

    /// The same with views that are made where somebody wants them.
    public static Tuning prepare(TrainConfig config, Device device, int workers, ViewPlace.Wish place) {
        FineTune.Config settings = ConfigFile.settings(config, FineTune.Config.DEFAULTS);
        Pretraining from = Pretraining.of(Path.of(settings.run()));
        if (!from.config().encoder().equals(config.encoder()) || from.config().imageSize() != config.imageSize()) {
            throw new UserError("The run " + settings.run() + " has another encoder than the one to fine-tune.");
        }
        Split split = Pretraining.split(config);
        Dataset some = labelled(split, config.labels().fraction(), config.seed());
        int[] labels = new int[some.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = some.label(i);
        Feed feed = new Feed(new BatchLoader(some, Tuning.recipe(config, from), config.batch(), config.epochs(),
                config.seed(), workers), 1, Optional.empty(), labels, some.classes().size());
        try {
            Trainer trainer = new Trainer(config, feed, device, place,
                    setup -> new FineTune(settings, network(from, settings, setup), labels, setup));
            TaskNetwork network = ((FineTune) trainer.method()).network();
            return new Tuning(config, split, trainer, network, new ClassifierFile.About(from, network.headLayers(),
                    some.classes(), config.data()), settings.fromScratch() ? "from scratch" : "fine-tuned");
        } catch (RuntimeException | Error e) {
            feed.close();
            throw e;
        }
    }

    private static TaskNetwork network(Pretraining from, FineTune.Config settings, Setup setup) {
        SslMethod method = from.method(setup.encoder(), setup.features(), setup.init());
        Optional<Mlp> head = from.head(method, settings.fromHead());
        if (!settings.fromScratch()) from.restore(method);
        Layer encoder = method.encoder();
        return TaskNetwork.of(setup.init(), encoder, setup.features(), head, setup.classes());
    }
}
