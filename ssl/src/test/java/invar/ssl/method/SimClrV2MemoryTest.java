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
        return new double[] {};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("hidden", 64, "projection", 32, "temperature", 0.2, "memory", 256, "decay", 0.9),
                "drawings", 0.1);
    }
}
