package invar.ssl.train;

import invar.core.Tensor;
import invar.core.fused.LarsUpdate;
import invar.nn.optim.Adam;
import invar.nn.optim.Lars;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Schedule;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import invar.ssl.UserError;
import java.util.Map;

/// Makes optimizers and learning rates from their settings.
final class Optimizers {

    private Optimizers() {}

    /// The optimizer of these settings.
    ///
    /// @throws UserError if there is no such optimizer
    static Optimizer make(TrainConfig.Optimization o, Map<String, Tensor> parameters) {
        return switch (o.optimizer()) {
            case "sgd" -> new Sgd(parameters,
                    new Sgd.Config(o.momentum(), WeightDecay.ofWeights(o.weightDecay()), o.nesterov()));
            case "lars" -> new Lars(parameters, new Lars.Config(
                    LarsUpdate.Form.AUTHORS, 1e-3, o.momentum(), o.weightDecay(), o.nesterov(), false));
            case "adamw" -> new Adam(parameters, Adam.Config.adamW(WeightDecay.ofWeights(o.weightDecay())));
            default -> throw new UserError(
                    "There is no optimizer '" + o.optimizer() + "'; there are sgd, lars and adamw.");
        };
    }

    /// Linear warm-up from 0, then half a cosine to 0, step by step.
    static Schedule schedule(TrainConfig.Optimization o, long stepsPerEpoch, long totalSteps) {
        long warmup = Math.round(o.warmupEpochs() * stepsPerEpoch);
        return Schedule.warmupCosine(o.lr(), 0, Math.min(warmup, totalSteps - 1), totalSteps);
    }
}
