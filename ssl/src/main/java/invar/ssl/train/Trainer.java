package invar.ssl.train;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Layer;
import invar.nn.init.Init;
import invar.nn.io.Safetensors;
import invar.nn.io.Weights;
import invar.nn.optim.Schedule;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.method.Methods;
import invar.ssl.probe.Health;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/// Trains an encoder by a method: for every batch one forward and backward pass and one step of the optimizer.
///
/// It knows no method by name: what is trained, what is stored and which numbers are scheduled is declared by the
/// [SslMethod]. Everything that changes is in [#state], and every random number is a function of the seed and of a
/// place (epoch, image, view), so a run that was interrupted and continued has the losses of one that was not, bit for
/// bit.
public final class Trainer implements AutoCloseable {

    /// Is told what happens.
    public interface Listener {
        /// After every step; where one ends an epoch, after [#epochDone].
        ///
        /// @param step how many steps are done
        /// @param loss of this step's batch, in nats
        void stepped(long step, double loss);

        /// After every epoch, with its means.
        void epochDone(EpochMetrics metrics);

        /// Something that concerns no result: one sentence, such as why steps cannot be replayed.
        default void noticed(String sentence) {}
    }

    private static final String FORMAT = "invar-checkpoint-1";

    private final TrainConfig config;
    private final Device device;
    private final ViewPlace views;
    private final Feed feed;
    private final BatchLoader loader;                    // of the feed's images
    private final SslMethod method;
    private final Trained trained;
    private final Schedule learningRate;
    private final Step step;
    private final Inputs inputs;
    private final long totalSteps;
    private final Tensor loss;                           // of the last step
    private boolean replaying = true;
    private long done;
    private double lossSum;                              // of the steps done in this epoch

    /// Builds networks and optimizer; nothing is trained yet.
    ///
    /// @throws UserError if the settings do not fit the data
    public Trainer(TrainConfig config, Feed feed, Device device) {
        this(config, feed, device, ViewPlace.Wish.AUTO);
    }

    /// The same with views that are made where somebody wants them.
    ///
    /// @throws UserError if the settings do not fit the data, or views cannot be made there
    public Trainer(TrainConfig config, Feed feed, Device device, ViewPlace.Wish place) {
        this(config, feed, device, place,
                setup -> Methods.named(config.method()).make(ConfigFile.settings(config), setup));
    }

    /// With a method that is on no list, such as one with a mistake that is to be studied.
    ///
    /// @param maker makes it; the settings name the method whose data it takes
    public Trainer(TrainConfig config, Feed feed, Device device, Function<Setup, SslMethod> maker) {
        this(config, feed, device, ViewPlace.Wish.AUTO, maker);
    }

    /// With a method that is on no list, and views that are made where somebody wants them.
    public Trainer(TrainConfig config, Feed feed, Device device, ViewPlace.Wish place,
            Function<Setup, SslMethod> maker) {
        this.config = config;
        this.device = device;
        this.views = ViewPlace.of(feed.images(), device, place);
        this.feed = feed.at(views);
        this.loader = this.feed.images();
        this.totalSteps = loader.stepsPerEpoch() * config.epochs();
        Encoders.requireRoom(config);
        Encoders.Encoder encoder = Encoders.make(config.encoder(), config.imageSize(), device, config.seed());
        this.method = maker.apply(new Setup(encoder.network(), encoder.features(), loader.images(), feed.classes(),
                config.imageSize(), config.batch(), loader.stepsPerEpoch(), totalSteps,
                new Init(device, config.seed())));
        this.step = new Step(device, config.seed());
        this.learningRate = Optimizers.schedule(config.optimization(), loader.stepsPerEpoch(), totalSteps);
        this.trained = new Trained(method.groups(), method.parameters(), config.optimization(), learningRate,
                totalSteps, step);
        this.inputs = new Inputs(this.feed, device);
        this.loss = device.persistent(() -> device.zeros(Shape.of()));
    }

    /// Whether steps are replayed as one recording, where the device can ([Device#replays]): they are, unless this says
    /// false. Results do not depend on it.
    public void replaying(boolean wanted) {
        replaying = wanted;
    }

    /// Where views are made, and why there.
    public ViewPlace views() {
        return views;
    }

    /// The method.
    public SslMethod method() {
        return method;
    }

    /// The network that is trained.
    public Layer encoder() {
        return method.encoder();
    }

    /// The loss of an encoder that tells nothing apart, in nats.
    public double chanceLevel() {
        return method.chanceLevel(config.batch());
    }

    /// How many steps the whole run has.
    public long totalSteps() {
        return totalSteps;
    }

    /// How many steps are done.
    public long stepsDone() {
        return done;
    }

    /// Trains until all epochs are done or `stop` says so; it is asked after every step.
    ///
    /// @return true if all steps are done
    public boolean run(BooleanSupplier stop, Listener listener) {
        EpochClock clock = new EpochClock(loader.stepsPerEpoch(), lossSum);
        try (Scope scope = device.scope();
                StepReplay steps = new StepReplay(device, replaying, listener::noticed)) {
            if (done == 0 && method.observesFirst()) observe(scope);
            while (done < totalSteps) {
                scope.reset();
                clock.dataBegins();
                inputs.take(done);
                clock.dataEnds();
                double loss = update(scope, steps);
                if (!Double.isFinite(loss)) throw diverged(loss);
                done++;
                clock.stepped(loss);
                lossSum = clock.lossSum();
                if (done % loader.stepsPerEpoch() == 0) {
                    lossSum = 0;
                    listener.epochDone(clock.lap(done / loader.stepsPerEpoch(), done, config.batch(), chanceLevel(),
                            learningRate.at(done - 1), scope.bytes(), health()));
                }
                listener.stepped(done, loss);
                if (stop.getAsBoolean()) break;
            }
        }
        return done == totalSteps;
    }

    /// Shows all batches of the first epoch to a method that wants to see them before it learns.
    private void observe(Scope scope) {
        try (BatchLoader again = loader.again()) {
            Inputs seen = inputs.with(
                    new Feed(again, feed.global(), Optional.empty(), feed.labels(), feed.classes()), device);
            step.moveTo(0);
            for (long k = 0; k < loader.stepsPerEpoch(); k++) {
                scope.reset();
                seen.take(k);
                method.observe(seen.views(), step);
            }
        }
    }

    private double update(Scope scope, StepReplay steps) {
        step.moveTo(done);
        if (done % loader.stepsPerEpoch() == 0) method.beforeEpoch(done / loader.stepsPerEpoch(), step);
        method.beforeStep(step);
        steps.run(step.phase(), () -> compute(scope));
        return loss.item();
    }

    /// What a device may replay without this code: forward and backward pass, optimizer, moving averages.
    private void compute(Scope scope) {
        scope.reset();                                   // what follows has the same addresses in every step
        Tensor now;
        try (Tape tape = Tape.watching(trained.parameters().values())) {
            now = method.loss(inputs.views(), step);
            trained.step(tape.gradients(now), step);
        }
        Ops.update(UpdateOp.Assign.COPY, loss, now);
        method.afterUpdate(step);
    }

    /// How the embeddings of the last batch are spread, and what the method knows of itself. Evaluated without a tape
    /// and in a scope of its own, so that training goes on as if nobody had looked.
    private Map<String, Double> health() {
        Map<String, Double> health = Health.of(method::embed, inputs.views().global(), device);
        try (Scope _ = device.scope()) {
            health.putAll(new TreeMap<>(method.health()));
        }
        return health;
    }

    /// The names of the measures of health that every epoch has, in order; the same for every run of these settings.
    public List<String> healthNames() {
        List<String> names = new ArrayList<>(Health.names(feed.global()));
        try (Scope _ = device.scope()) {
            names.addAll(new TreeMap<>(method.health()).keySet());
        }
        return names;
    }

    private UserError diverged(double loss) {
        return new UserError(UserError.FAILED, "The loss is " + loss + " at step " + done
                + ": training has diverged; "
                + "a smaller learning rate (--lr) or a longer warm-up is the usual cure.", null);
    }

    /// Everything that training changes: what the method declares and the optimizer's moments.
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        method.state().forEach((name, tensor) -> state.put("method." + name, tensor));
        trained.state().forEach((name, tensor) -> state.put("optimizer." + name, tensor));
        return state;
    }

    /// Writes a checkpoint as a whole or not at all. With the tensors it holds how far training is and, to be compared
    /// by [#load], what else determines the losses.
    public void save(Path file) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("step", Long.toString(done));
        metadata.put("total_steps", Long.toString(totalSteps));
        metadata.put("loss_sum", Double.toString(lossSum));
        metadata.put("images", Integer.toString(loader.images()));
        metadata.put("config", ConfigFile.text(config));
        Weights.save(file, state(), metadata);
    }

    /// Continues where a checkpoint stopped.
    ///
    /// @throws UserError if it is none, or belongs to another run; then nothing was changed
    /// @throws IOException if it cannot be read
    public void load(Path file) throws IOException {
        Map<String, String> metadata = Safetensors.read(file).metadata();
        if (!FORMAT.equals(metadata.get("format"))) throw new UserError("The file " + file
                + " is no checkpoint of this program.");
        try {
            String theirs = metadata.getOrDefault("config", "");
            ConfigFile.difference(theirs, "the config of the checkpoint " + file, config).ifPresent(difference -> {
                throw new UserError("The checkpoint " + file + " is of another run: its " + difference + ".");
            });
            requireSame(file, "number of images", number(metadata, "images"), loader.images());
            requireSame(file, "number of steps", number(metadata, "total_steps"), totalSteps);
            long step = number(metadata, "step");
            if (step < 0 || step > totalSteps) throw new NumberFormatException("step " + step);
            double sum = Double.parseDouble(metadata.getOrDefault("loss_sum", ""));
            Weights.load(file, state());
            done = step;
            lossSum = sum;
        } catch (NumberFormatException e) {
            throw new UserError("The checkpoint " + file + " does not say where training stopped.", e);
        }
    }

    private static long number(Map<String, String> metadata, String name) {
        return Long.parseLong(metadata.getOrDefault(name, ""));
    }

    private static void requireSame(Path file, String what, long theirs, long ours) {
        if (theirs != ours) {
            throw new UserError("The checkpoint " + file + " is of another run: its " + what + " is " + theirs
                    + ", not "
                    + ours + ".");
        }
    }

    @Override
    public void close() {
        feed.close();
    }
}
