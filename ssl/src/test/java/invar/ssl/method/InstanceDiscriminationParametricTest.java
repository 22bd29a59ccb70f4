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
        return new double[] {
            3.478941433381, 3.352639266371, 3.706260178066, 3.570776374242, 3.402414424737, 3.287662599884,
            3.945833142435, 3.568531134036, 3.278225724774, 3.745559038994};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("form", "parametric", "projection", 32), "none", 0.3);
    }
}
