package invar.ssl.method;

import invar.ssl.train.TrainConfig;
import java.util.Map;

class MeanTeacherTest extends ConsistencyContract {

    MeanTeacherTest() {
        super("mean-teacher");
    }

    @Override
    boolean averageTeaches() {
        return true;
    }

    @Override
    Record config(double weight, double ramp, double ema) {
        return new MeanTeacher.Config(weight, ramp, ema);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("weight", 50.0, "ema", 0.9), "weak", 0.1);
    }
}
