package invar.nn.optim;

import invar.core.Gradients;
import invar.core.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// Moves parameters against their gradients.
///
/// A step touches only tensors: the learning rate is a scalar tensor and an optimiser's counters are too, so that a
/// captured step can be replayed. Parameters that get different learning rates have an optimiser for each.
public interface Optimizer {

    /// What is moved, by name.
    Map<String, Tensor> parameters();

    /// One step. A parameter that `gradients` lacks is left alone, its moments too, and is not decayed; so does PyTorch
    /// where a gradient is None.
    ///
    /// @param gradients by the names of [#parameters], each shaped as its parameter
    /// @param lr        the learning rate, a scalar
    void step(Map<String, Tensor> gradients, Tensor lr);

    /// One step, for the parameters that the loss depends on.
    default void step(Gradients gradients, Tensor lr) {
        Map<String, Tensor> byName = new LinkedHashMap<>();
        parameters().forEach((name, parameter) -> {
            if (gradients.reach(parameter)) byName.put(name, gradients.of(parameter));
        });
        step(byName, lr);
    }

    /// What a checkpoint must hold beside the parameters: moments and counters, by name. Persistent tensors, to be
    /// overwritten when training goes on.
    Map<String, Tensor> state();
}
