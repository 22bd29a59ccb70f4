package invar.ssl.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

import invar.core.Device;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.init.Init;
import invar.nn.io.Weights;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Schedule;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.UserError;
import invar.ssl.Views;
import invar.ssl.method.Methods;

/// Trains an encoder by a method: for every batch one forward and backward pass and one step of the optimizer.
///
/// It knows no method by name: what is trained, what is stored and which numbers are scheduled is declared by the
/// [SslMethod]. Everything that changes is in [#state], and every random number is a function of the seed and of a place
/// (epoch, image, view), so a run that was interrupted and continued has the losses of one that was not, bit for bit.
public final class Trainer implements AutoCloseable {

    /// Is told what happens.
    public interface Listener {
        /// After every step.
        ///
        /// @param step how many steps are done
        /// @param loss of this step's batch, in nats
        void stepped(long step, double loss);

        /// After every epoch, with its means.
        void epochDone(EpochMetrics metrics);
    }

    private final TrainConfig config;
    private final Device device;
    private final BatchLoader loader;
    private final SslMethod method;
    private final Optimizer optimizer;
    private final Schedule learningRate;
    private final Step step;
    private final Tensor[] views;
    private final long totalSteps;
    private long done;

    /// Builds networks, optimizer and loader; nothing is trained yet.
    ///
    /// @throws UserError if the settings do not fit the data
    public Trainer(TrainConfig config, BatchLoader loader, Device device) {
        this.config = config;
        this.device = device;
        this.loader = loader;
        this.totalSteps = loader.stepsPerEpoch() * config.epochs();
        Encoders.Encoder encoder = Encoders.make(config.encoder(), device, config.seed());
        this.method = Methods.named(config.method())
                .make(ConfigFile.settings(config), encoder.network(), encoder.features(), new Init(device, config.seed()));
        this.optimizer = Optimizers.make(config.optimization(), method.parameters());
        this.learningRate = Optimizers.schedule(config.optimization(), loader.stepsPerEpoch(), totalSteps);
        this.step = new Step(device);
        int size = config.imageSize();
        this.views = new Tensor[loader.views()];
        for (int v = 0; v < views.length; v++) {
            views[v] = device.zeros(Shape.of(config.batch(), 3, size, size));
        }
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
        Tensor rate = step.value(learningRate);
        EpochClock clock = new EpochClock();
        try (Scope scope = device.scope()) {
            while (done < totalSteps) {
                scope.reset();
                clock.dataBegins();
                Batch batch = loader.take(done);
                clock.dataEnds();
                for (int v = 0; v < views.length; v++) views[v].upload(batch.views()[v]);
                step.moveTo(done);
                double loss = update(rate);
                if (!Double.isFinite(loss)) throw diverged(loss);
                done++;
                clock.stepped(loss);
                listener.stepped(done, loss);
                if (done % loader.stepsPerEpoch() == 0) {
                    long epoch = done / loader.stepsPerEpoch();
                    listener.epochDone(clock.lap(epoch, done, config.batch(), chanceLevel(), learningRate.at(done - 1), scope.bytes()));
                }
                if (stop.getAsBoolean()) break;
            }
        }
        return done == totalSteps;
    }

    private double update(Tensor rate) {
        try (Tape tape = Tape.watching(method.parameters().values())) {
            Tensor loss = method.loss(Views.of(views), step);
            optimizer.step(tape.gradients(loss), rate);
            method.afterUpdate(step);
            return loss.item();
        }
    }

    private UserError diverged(double loss) {
        return new UserError(UserError.FAILED, "The loss is " + loss + " at step " + done
                + ": training has diverged; a smaller learning rate (--lr) or a longer warm-up is the usual cure.", null);
    }

    /// Everything that training changes: what the method declares and the optimizer's moments.
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        method.state().forEach((name, tensor) -> state.put("method." + name, tensor));
        optimizer.state().forEach((name, tensor) -> state.put("optimizer." + name, tensor));
        return state;
    }

    /// Writes a checkpoint as a whole or not at all.
    public void save(Path file) throws IOException {
        Weights.save(file, state(), Map.of("step", Long.toString(done), "total_steps", Long.toString(totalSteps)));
    }

    /// Continues where a checkpoint stopped.
    ///
    /// @throws UserError if it belongs to another run
    public void load(Path file) throws IOException {
        Map<String, String> metadata = Weights.load(file, state());
        long total = Long.parseLong(metadata.getOrDefault("total_steps", "-1"));
        if (total != totalSteps) {
            throw new UserError("The checkpoint " + file + " is of a run of " + total + " steps, not " + totalSteps + ".");
        }
        done = Long.parseLong(metadata.get("step"));
    }

    @Override
    public void close() {
        loader.close();
    }
}
