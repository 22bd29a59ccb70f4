package invar.ssl.train;

import invar.core.Gradients;
import invar.core.Tensor;
import invar.nn.optim.GradientClip;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Schedule;
import invar.nn.optim.ScheduledDecay;
import invar.ssl.ParameterGroup;
import invar.ssl.Step;
import invar.ssl.UserError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The optimizers of a method's groups of parameters, and the learning rate of each.
final class Trained {

    private record Part(Optimizer optimizer, Tensor rate, long frozen) {}

    private final List<Part> parts = new ArrayList<>();
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final double clip;

    /// @param rate the scheduled learning rate, whose values are known to `step`
    /// @throws UserError if there is no such optimizer
    Trained(List<ParameterGroup> groups, Map<String, Tensor> all, TrainConfig.Optimization o, Schedule rate,
            long totalSteps, Step step) {
        this.clip = o.clip();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ParameterGroup group : groups) {
            if (group.parameters().isEmpty()) continue;
            for (Tensor parameter : group.parameters().values()) {
                if (!seen.add(parameter)) throw new IllegalStateException("a parameter is in two groups");
            }
            parameters.putAll(group.parameters());
            Optimizer optimizer = Optimizers.make(o, group.parameters(), group.plain());
            if (Optimizers.scheduledDecay(o)) {
                optimizer = new ScheduledDecay(optimizer, step.value(Optimizers.decay(o, totalSteps)), o.decayAll());
            }
            Schedule base = group.constant() ? Schedule.constant(o.lr()) : rate;
            Schedule own = group.factor() == 1 ? base : at -> group.factor() * base.at(at);
            parts.add(new Part(optimizer, step.value(own), group.frozen()));
        }
        if (!seen.containsAll(all.values())) throw new IllegalStateException("a parameter is in no group");
    }

    /// What is trained, by name.
    Map<String, Tensor> parameters() {
        return parameters;
    }

    /// One step of every optimizer whose parameters are not frozen.
    void step(Gradients gradients, Step step) {
        for (Part part : parts) {
            if (!step.reached(part.frozen)) continue;
            Map<String, Tensor> byName = new LinkedHashMap<>();
            part.optimizer.parameters().forEach((name, parameter) -> {
                if (gradients.reach(parameter)) byName.put(name, clipped(gradients.of(parameter)));
            });
            part.optimizer.step(byName, part.rate);
        }
    }

    private Tensor clipped(Tensor gradient) {
        return clip == 0 ? gradient : GradientClip.toNorm(gradient, clip);
    }

    /// Moments and counters by name, those of later groups behind a number.
    Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            String prefix = i == 0 ? "" : (i + 1) + ".";
            parts.get(i).optimizer.state().forEach((name, tensor) -> state.put(prefix + name, tensor));
        }
        return state;
    }
}
