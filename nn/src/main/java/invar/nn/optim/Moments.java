package invar.nn.optim;

import invar.core.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// One persistent tensor beside each parameter, zero at first: a momentum buffer.
final class Moments {

    private final String prefix;
    private final Map<String, Tensor> byParameter = new LinkedHashMap<>();

    /// @param prefix put before the parameters' names by [#named]
    Moments(String prefix, Map<String, Tensor> parameters) {
        this.prefix = prefix;
        parameters.forEach((name, p) -> byParameter.put(name, p.device().persistent(() -> p.full(0))));
    }

    Tensor of(String parameter) {
        return byParameter.get(parameter);
    }

    /// For [Optimizer#state].
    Map<String, Tensor> named() {
        Map<String, Tensor> named = new LinkedHashMap<>();
        byParameter.forEach((name, tensor) -> named.put(prefix + "." + name, tensor));
        return named;
    }

    /// An unmodifiable copy in the same order.
    static Map<String, Tensor> frozen(Map<String, Tensor> tensors) {
        if (tensors.isEmpty()) throw new IllegalArgumentException("an optimiser needs at least one parameter");
        return Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    }
}
