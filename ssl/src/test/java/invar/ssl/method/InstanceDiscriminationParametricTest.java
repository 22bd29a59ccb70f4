package invar.ssl.method;

import invar.ssl.train.TrainConfig;
import java.util.Map;

/// The contract with a weight vector for every image; the rest is in [InstanceDiscriminationTest].
class InstanceDiscriminationParametricTest extends MethodContract {

    InstanceDiscriminationParametricTest() {
        super("instdisc", Map.of("form", "parametric", "projection", 7));
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("form", "parametric", "projection", 64);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("form", "parametric", "projection", 32), "none", 0.3);
    }
}
