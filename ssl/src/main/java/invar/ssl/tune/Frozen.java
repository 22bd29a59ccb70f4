package invar.ssl.tune;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Modules;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// The weights and running statistics of a network as they were, to see that none of them moved: a probe that trains
/// its encoder measures something else. He et al. have this check in facebookresearch/moco (main_lincls.py,
/// `sanity_check`).
public final class Frozen {

    private final Layer network;
    private final Map<String, double[]> before = new LinkedHashMap<>();

    /// As they are now.
    public Frozen(Layer network) {
        this.network = network;
        Modules.state(network).forEach((name, tensor) -> before.put(name, values(tensor)));
    }

    /// Compares them with what they were, bit for bit.
    ///
    /// @throws IllegalStateException if one moved; the message names it
    public void check() {
        Modules.state(network).forEach((name, tensor) -> {
            if (!Arrays.equals(before.get(name), values(tensor))) {
                throw new IllegalStateException("the encoder must not move while it is measured, but " + name + " did");
            }
        });
    }

    private static double[] values(Tensor tensor) {
        return tensor.dtype().floating() ? tensor.doubles()
                : Arrays.stream(tensor.integers()).asDoubleStream().toArray();
    }
}
