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

/// Makes optimizers and schedules from their settings.
final class Optimizers {

    private Optimizers() {}

    /// The optimizer of these settings. Its weight decay is λ, unless λ is scheduled: then it has none, and
    /// [invar.nn.optim.ScheduledDecay] is to be put around it.
    ///
    /// @throws UserError if there is no such optimizer
    static Optimizer make(TrainConfig.Optimization o, Map<String, Tensor> parameters) {
        return make(o, parameters, false);
    }

    /// The same.
    ///
    /// @param plain whether LARS is to treat all of them as it treats biases; of no consequence for other optimizers
    /// @throws UserError if there is no such optimizer
    static Optimizer make(TrainConfig.Optimization o, Map<String, Tensor> parameters, boolean plain) {
        double strength = scheduledDecay(o) ? 0 : o.weightDecay();
        WeightDecay decay = o.decayAll() ? WeightDecay.ofAll(strength) : WeightDecay.ofWeights(strength);
        return switch (o.optimizer()) {
            case "sgd" -> new Sgd(parameters, new Sgd.Config(o.momentum(), decay, o.nesterov()));
            case "adam" -> new Adam(parameters, new Adam.Config(o.momentum(), o.beta2(), 1e-8, decay, false));
            case "adamw" -> new Adam(parameters, new Adam.Config(o.momentum(), o.beta2(), 1e-8, decay, true));
            case "lars" -> lars(LarsUpdate.Form.AUTHORS, o, parameters, plain);
            case "lars-simclr" -> lars(LarsUpdate.Form.SIMCLR, o, parameters, plain);
            case "lars-lightly" -> lars(LarsUpdate.Form.LIGHTLY, o, parameters, plain);
            default -> throw new UserError("There is no optimizer '" + o.optimizer()
                    + "'; there are sgd, adam, adamw, lars, lars-simclr and lars-lightly.");
        };
    }

    private static Optimizer lars(LarsUpdate.Form form, TrainConfig.Optimization o, Map<String, Tensor> parameters,
            boolean plain) {
        return new Lars(parameters, new Lars.Config(form, o.trust(), o.momentum(), o.weightDecay(), o.nesterov(),
                form == LarsUpdate.Form.LIGHTLY), !plain);
    }

    /// Whether λ changes during the run.
    static boolean scheduledDecay(TrainConfig.Optimization o) {
        return o.endDecay() != 1;
    }

    /// λ at each step: half a cosine (facebookresearch/dino, main_dino.py).
    static Schedule decay(TrainConfig.Optimization o, long totalSteps) {
        return Schedule.cosine(o.weightDecay(), o.weightDecay() * o.endDecay(), totalSteps);
    }

    /// The learning rate: linear warm-up from 0, then what the settings name, step by step.
    ///
    /// @throws UserError if there is no such schedule
    static Schedule schedule(TrainConfig.Optimization o, long stepsPerEpoch, long totalSteps) {
        long warmup = Math.min(Math.round(o.warmupEpochs() * stepsPerEpoch), totalSteps - 1);
        Schedule then = after(o, warmup, totalSteps);
        return warmup == 0 ? then : new Schedule.Warmup(Schedule.Warmup.Ramp.REACHED_AFTER, 0, warmup, then);
    }

    private static Schedule after(TrainConfig.Optimization o, long warmup, long totalSteps) {
        long rest = totalSteps - warmup;
        return switch (o.schedule()) {
            case "cosine" -> Schedule.cosine(o.lr(), o.lr() * o.endFactor(), rest);
            case "constant" -> Schedule.constant(o.lr());
            case "steps" -> new Schedule.Milestones(o.lr(), o.stepFactor(),
                    o.milestones().stream().map(at -> Math.round(at * totalSteps) - warmup).toList());
            case "fixmatch" -> step -> o.lr() * Math.cos(7 * Math.PI * step / (16.0 * rest));
            default -> throw new UserError("There is no schedule '" + o.schedule()
                    + "' of the learning rate; there are cosine, constant, steps and fixmatch.");
        };
    }
}
