package invar.ssl;

import invar.core.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiPredicate;

/// Parameters that are trained alike.
///
/// @param parameters by name
/// @param factor     > 0, of the learning rate
/// @param constant   whether the rate stays at its highest value instead of following the schedule
/// @param frozen     for how many steps, from the first, the optimizer leaves them alone: no step, no decay, no moments
/// @param plain      whether LARS leaves them out: no scaling by the norm of the weights, and no decay
public record ParameterGroup(Map<String, Tensor> parameters, double factor, boolean constant, long frozen,
        boolean plain) {

    /// Checks the ranges; copies the map.
    public ParameterGroup {
        parameters = new LinkedHashMap<>(parameters);
        if (!(factor > 0 && Double.isFinite(factor))) {
            throw new IllegalArgumentException("the factor of a learning rate must be a number > 0 but is " + factor);
        }
        if (frozen < 0) throw new IllegalArgumentException("frozen steps must be at least 0 but are " + frozen);
    }

    /// Trained from the first step at the scheduled rate.
    public static ParameterGroup of(Map<String, Tensor> parameters) {
        return new ParameterGroup(parameters, 1, false, 0, false);
    }

    /// The same at a multiple of the rate.
    public ParameterGroup times(double ofRate) {
        return new ParameterGroup(parameters, factor * ofRate, constant, frozen, plain);
    }

    /// The same at a rate that stays at its highest value.
    public ParameterGroup atConstantRate() {
        return new ParameterGroup(parameters, factor, true, frozen, plain);
    }

    /// The same, left alone for the first `steps` steps.
    public ParameterGroup frozenFor(long steps) {
        return new ParameterGroup(parameters, factor, constant, steps, plain);
    }

    /// The same, left out by LARS: for weights that start at 0, whose norm says nothing about how far to go.
    public ParameterGroup withoutScaling() {
        return new ParameterGroup(parameters, factor, constant, frozen, true);
    }

    /// Of these parameters, the ones that `which` chooses by name and tensor.
    public static Map<String, Tensor> choose(Map<String, Tensor> parameters, BiPredicate<String, Tensor> which) {
        Map<String, Tensor> chosen = new LinkedHashMap<>();
        parameters.forEach((name, tensor) -> {
            if (which.test(name, tensor)) chosen.put(name, tensor);
        });
        return chosen;
    }
}
