package invar.ssl;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A way to train an encoder with few labels or none: a loss over augmented views, and what it trains.
///
/// Implementations know networks and formulas only. Devices, files, threads, data, augmentation and the optimizer are
/// the trainer's, which calls, in every step and in this order,
/// ```
/// beforeEpoch(epoch)      in the first step of an epoch
/// beforeStep(step)        draws random numbers, moves what must be moved before the forward pass
/// loss(views, step)       recorded on the tape, then differentiated; the optimizer moves the parameters
/// afterUpdate(step)       moving averages, queues, banks
/// ```
/// The last two may be captured once and then replayed, step after step, without running their Java code again
/// ([invar.core.Device#capture] has the rules). So in them nothing is copied to or from the host, and whatever changes
/// from step to step is read from tensors that are the same objects in every step: `step.value(schedule)`, a queue's
/// pointer, what [#beforeStep] has uploaded. Tensors without a scope that are made once, such as labels, come from
/// [invar.core.Device#constant]. Where the ops themselves change, as with a queue that is used from some step on, the
/// `if` asks [Step#reached], and every phase is captured for itself. A method that breaks the rules is trained op by
/// op, which is slower.
///
/// Everything that these methods change is in [#state], so that training can stop after any step and go on from a
/// checkpoint with the same losses, bit for bit.
public interface SslMethod {

    /// The loss of one batch, a scalar in nats. Called once a step, inside the step's scope, with the tape recording
    /// [#parameters].
    Tensor loss(Views views, Step step);

    /// What the optimizer trains, by name.
    Map<String, Tensor> parameters();

    /// The parameters in groups that are trained differently: another learning rate, or a later start. One group of all
    /// of them by default. Every parameter is in exactly one.
    default List<ParameterGroup> groups() {
        return List.of(ParameterGroup.of(parameters()));
    }

    /// Everything that a checkpoint must hold to continue bit for bit: parameters, running statistics, queues, banks,
    /// target networks; by name.
    Map<String, Tensor> state();

    /// Whether all batches of an epoch are shown to [#observe] before the first step: methods that begin with the
    /// features of the whole data set.
    default boolean observesFirst() {
        return false;
    }

    /// Sees one batch of the pass before the first step, without a tape.
    ///
    /// @param views of the batch, augmented as those of the first epoch
    default void observe(Views views, Step step) {}

    /// Called before the first step of every epoch: clusterings, permutations. Nothing by default.
    ///
    /// @param epoch from 0
    default void beforeEpoch(long epoch, Step step) {}

    /// Called before every [#loss], outside of what the tape records and of what a captured step repeats: random draws,
    /// uploads. Tensors that are born here die before the loss; what it needs is kept in persistent ones. Nothing by
    /// default.
    default void beforeStep(Step step) {}

    /// Called after the optimizer's step: moving averages, queues. Nothing by default.
    default void afterUpdate(Step step) {}

    /// The network whose output h (N, F) is the representation; what is kept when training is over.
    Layer encoder();

    /// The projection head over [#encoder], from whose middle a classifier may be fine-tuned; empty by default.
    default Optional<Mlp> head() {
        return Optional.empty();
    }

    /// The network that says to which class an image belongs, images to logits (N, C), if this method trains one.
    default Optional<Layer> classifier() {
        return Optional.empty();
    }

    /// The features (N, D) that the loss compares, in evaluation mode: the first to become equal where training
    /// collapses. The representation, unless there is a projection.
    ///
    /// @param images (N, 3, H, W), as a global view is
    default Tensor embed(Tensor images) {
        return encoder().apply(images, Mode.EVAL);
    }

    /// Numbers that tell whether training goes well, by name, as of the last step: queue age, prototypes in use, mean
    /// similarity of positives and negatives. None by default. May wait for the device.
    default Map<String, Double> health() {
        return Map.of();
    }

    /// The loss of an encoder that tells nothing apart, for batches of `images`, in nats: a loss that stays there is
    /// not learning.
    double chanceLevel(int images);
}
