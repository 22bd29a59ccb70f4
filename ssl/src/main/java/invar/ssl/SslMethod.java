package invar.ssl;

import invar.core.Tensor;
import invar.nn.Layer;
import java.util.Map;

/// A way to train an encoder without labels: a loss over augmented views, and what it trains.
///
/// Implementations know networks and formulas only. Devices, files, threads, data, augmentation and the optimizer are
/// the trainer's.
public interface SslMethod {

    /// The loss of one batch, a scalar in nats. Called once a step, inside the step's scope, with the tape recording
    /// [#parameters].
    Tensor loss(Views views, Step step);

    /// How many global views of each image [#loss] takes.
    default int views() {
        return 2;
    }

    /// What the optimizer trains, by name.
    Map<String, Tensor> parameters();

    /// Everything that a checkpoint must hold to continue bit for bit: parameters, running statistics, queues, banks,
    /// target networks; by name.
    Map<String, Tensor> state();

    /// Called after the optimizer's step: moving averages, queues. Nothing by default.
    default void afterUpdate(Step step) {}

    /// The network whose output h (N, F) is the representation; what is kept when training is over.
    Layer encoder();

    /// The loss of an encoder that tells nothing apart, for batches of `images`, in nats: a loss that stays there is
    /// not learning.
    double chanceLevel(int images);
}
