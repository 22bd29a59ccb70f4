package invar.ssl.train;

/// What is recorded of an epoch.
///
/// @param epoch from 1
/// @param step steps done at its end
/// @param loss mean over its steps, in nats
/// @param chance the loss of an encoder that tells nothing apart, in nats
/// @param lr learning rate of its last step
/// @param imagesPerSecond images (not views) trained on, per second of the whole epoch
/// @param dataShare share of the time spent waiting for data, 0 to 1
/// @param seconds duration
/// @param stepBytes memory of the step's tensors, in bytes
public record EpochMetrics(
        long epoch,
        long step,
        double loss,
        double chance,
        double lr,
        double imagesPerSecond,
        double dataShare,
        double seconds,
        long stepBytes) {}
