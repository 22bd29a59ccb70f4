package invar.ssl.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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
/// @param health by name, in a fixed order: the measures of [invar.ssl.probe.Health] and those of the method, as of the
///               last step; NaN where one is not known
public record EpochMetrics(
        long epoch,
        long step,
        double loss,
        double chance,
        double lr,
        double imagesPerSecond,
        double dataShare,
        double seconds,
        long stepBytes,
        Map<String, Double> health) {

    /// Copies the map.
    public EpochMetrics {
        health = Collections.unmodifiableMap(new LinkedHashMap<>(health));
    }

    /// Without measures of health.
    public EpochMetrics(long epoch, long step, double loss, double chance, double lr, double imagesPerSecond,
            double dataShare, double seconds, long stepBytes) {
        this(epoch, step, loss, chance, lr, imagesPerSecond, dataShare, seconds, stepBytes, Map.of());
    }

    /// A measure of health, NaN if it is not known.
    public double health(String name) {
        return health.getOrDefault(name, Double.NaN);
    }
}
