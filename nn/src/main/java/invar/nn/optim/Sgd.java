package invar.nn.optim;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.fused.SgdUpdate;
import java.util.Map;

/// Stochastic gradient descent with momentum; [SgdUpdate] has the formula.
public final class Sgd implements Optimizer {

    /// @param momentum in [0, 1)
    public record Config(double momentum, WeightDecay weightDecay, boolean nesterov) {
        public Config {
            if (!(momentum >= 0 && momentum < 1)) {
                throw new IllegalArgumentException("momentum must be from 0 to below 1 but is " + momentum);
            }
        }
    }

    private final Map<String, Tensor> parameters;
    private final Config config;
    private final Moments velocity;

    /// Over these parameters, with momentum buffers of zero.
    public Sgd(Map<String, Tensor> parameters, Config config) {
        this.parameters = Moments.frozen(parameters);
        this.config = config;
        this.velocity = new Moments("momentum", parameters);
    }

    @Override
    public Map<String, Tensor> parameters() {
        return parameters;
    }

    @Override
    public void step(Map<String, Tensor> gradients, Tensor lr) {
        parameters.forEach((name, p) -> {
            Tensor gradient = gradients.get(name);
            if (gradient == null) return;
            double decay = config.weightDecay.of(p);
            Ops.update(new SgdUpdate(config.momentum, decay, config.nesterov), p, velocity.of(name), gradient, lr);
        });
    }

    @Override
    public Map<String, Tensor> state() {
        return velocity.named();
    }
}
