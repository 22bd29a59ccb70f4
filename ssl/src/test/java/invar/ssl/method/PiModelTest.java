package invar.ssl.method;

import invar.ssl.train.TrainConfig;
import java.util.Map;

class PiModelTest extends ConsistencyContract {

    PiModelTest() {
        super("pi-model");
    }

    @Override
    boolean averageTeaches() {
        return false;
    }

    @Override
    Record config(double weight, double ramp, double ema) {
        return new PiModel.Config(weight, ramp, ema);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("weight", 10.0, "ema", 0.9), "weak", 0.1);
    }
}
