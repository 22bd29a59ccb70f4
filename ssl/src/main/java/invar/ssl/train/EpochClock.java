package invar.ssl.train;

/// Adds up losses and times of an epoch.
final class EpochClock {

    private long began = System.nanoTime(), waitBegan, waited;
    private double lossSum;
    private long steps;

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
    EpochMetrics lap(long epoch, long step, int batch, double chance, double lr, long bytes) {
        long now = System.nanoTime();
        double seconds = (now - began) * 1e-9;
        EpochMetrics metrics = new EpochMetrics(epoch, step, lossSum / steps, chance, lr, steps * batch / seconds,
                (double) waited / (now - began), seconds, bytes);
        began = now;
        waited = 0;
        lossSum = 0;
        steps = 0;
        return metrics;
    }
}
