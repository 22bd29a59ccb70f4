package invar.nn.optim;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.AdamUpdate;
import java.util.LinkedHashMap;
import java.util.Map;

/// Adam, with weight decay added to the gradient or decoupled from it (AdamW); [AdamUpdate] has the formulas.
public final class Adam implements Optimizer {

    /// @param beta1     decay of the mean of gradients, in [0, 1)
    /// @param beta2     decay of the mean of their squares, in [0, 1)
    /// @param epsilon   > 0
    /// @param decoupled true: AdamW
    public record Config(double beta1, double beta2, double epsilon, WeightDecay weightDecay, boolean decoupled) {
        public Config {
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1)) {
                throw new IllegalArgumentException(
                        "the betas of Adam must be from 0 to below 1 but are " + beta1 + " and " + beta2);
            }
            if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon must be > 0 but is " + epsilon);
        }

        /// Adam with β = (0.9, 0.999), ε = 10⁻⁸.
        public static Config adam(WeightDecay weightDecay) {
            return new Config(0.9, 0.999, 1e-8, weightDecay, false);
        }

        /// AdamW with β = (0.9, 0.999), ε = 10⁻⁸.
        public static Config adamW(WeightDecay weightDecay) {
            return new Config(0.9, 0.999, 1e-8, weightDecay, true);
        }
    }

    private final Map<String, Tensor> parameters;
    private final Config config;
    private final Moments mean, square;
    private final Tensor steps, one;        // t, on the device, so that a captured step counts

    /// Over these parameters, with moments of zero, before the first step.
    public Adam(Map<String, Tensor> parameters, Config config) {
        this.parameters = Moments.frozen(parameters);
        this.config = config;
        this.mean = new Moments("mean", parameters);
        this.square = new Moments("square", parameters);
        Tensor any = parameters.values().iterator().next();
        this.steps = any.device().persistent(() -> any.device().full(Shape.of(), 0));
        this.one = any.device().persistent(() -> any.device().full(Shape.of(), 1));
    }

    @Override
    public Map<String, Tensor> parameters() {
        return parameters;
    }

    @Override
    public void step(Map<String, Tensor> gradients, Tensor lr) {
        Ops.update(UpdateOp.Assign.ACCUMULATE, steps, one);
        parameters.forEach((name, p) -> {
            Tensor gradient = gradients.get(name);
            if (gradient == null) return;
            AdamUpdate update = new AdamUpdate(
                    config.beta1, config.beta2, config.epsilon, config.weightDecay.of(p), config.decoupled);
            Ops.update(update, p, mean.of(name), square.of(name), gradient, lr, steps);
        });
    }

    /// The moments, and `step`: how many steps were made, a scalar.
    @Override
    public Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put("step", steps);
        state.putAll(mean.named());
        state.putAll(square.named());
        return state;
    }
}
