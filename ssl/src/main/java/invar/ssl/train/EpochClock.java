package invar.ssl.train;

import java.util.Map;

/// Adds up losses and times of an epoch. The sum of losses goes into checkpoints, so that an epoch that was interrupted
/// has the mean of one that was not; times are of this process alone.
final class EpochClock {

    private final long stepsPerEpoch;
    private long began = System.nanoTime(), waitBegan, waited, steps;
    private double lossSum;

    /// @param lossSum of the steps of this epoch that are done already
    EpochClock(long stepsPerEpoch, double lossSum) {
        this.stepsPerEpoch = stepsPerEpoch;
        this.lossSum = lossSum;
    }

    /// Sum of the losses since the epoch began.
    double lossSum() {
        return lossSum;
    }

    void dataBegins() {
        waitBegan = System.nanoTime();
    }

    void dataEnds() {
        waited += System.nanoTime() - waitBegan;
    }

    void stepped(double loss) {
        lossSum += loss;
        steps++;
    }

    /// The epoch's metrics; then starts the next.
    EpochMetrics lap(long epoch, long step, int batch, double chance, double lr, long bytes,
            Map<String, Double> health) {
        long now = System.nanoTime();
        double seconds = (now - began) * 1e-9;
        EpochMetrics metrics = new EpochMetrics(epoch, step, lossSum / stepsPerEpoch, chance, lr,
                steps * batch / seconds, (double) waited / (now - began), seconds, bytes, health);
        began = now;
        waited = 0;
        lossSum = 0;
        steps = 0;
        return metrics;
    }
}
