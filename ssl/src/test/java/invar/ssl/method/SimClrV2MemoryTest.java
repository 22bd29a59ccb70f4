package invar.ssl.method;

import invar.ssl.train.TrainConfig;
import java.util.Map;

/// The contract with a memory; the rest is in [SimClrV2Test]. Its length, 48, is a multiple of the views of all batches
/// that the contract has: 12, 16 and 48; in the ten steps it comes round three times.
class SimClrV2MemoryTest extends MethodContract {

    SimClrV2MemoryTest() {
        super("simclrv2", Map.of("hidden", 9, "projection", 7, "temperature", 0.5, "memory", 48, "decay", 0.9));
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("hidden", 128, "projection", 64, "temperature", 0.5, "memory", 48);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            4.382707303536, 4.370580690895, 4.569872735227, 4.019713436401, 4.845366998236, 4.940894500484,
            4.984330038136, 4.940050296675, 4.384792931993, 4.763526985460};
    }

    /// With the published decay. A memory that follows faster makes the task harder: see ContrastiveMemory.
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 256, "projection", 64, "temperature", 0.15, "memory", 256), "drawings", 0.5);
    }
}
