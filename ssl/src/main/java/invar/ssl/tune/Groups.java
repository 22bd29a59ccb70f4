package invar.ssl.tune;

import invar.core.Tensor;
import invar.nn.Modules;
import invar.ssl.ParameterGroup;
import java.util.List;
import java.util.Map;

/// How the parts of a [TaskNetwork] are trained: the classifier starts at 0, so LARS leaves it out.
final class Groups {

    private static final String CLASSIFIER = "classifier.";

    private Groups() {}

    /// Encoder and head, and the classifier at `factor` times their learning rate.
    static List<ParameterGroup> of(TaskNetwork network, double factor) {
        Map<String, Tensor> all = Modules.parameters(network);
        ParameterGroup rest = ParameterGroup.of(ParameterGroup.choose(all, (name, _) -> !name.startsWith(CLASSIFIER)));
        ParameterGroup classifier =
                ParameterGroup.of(ParameterGroup.choose(all, (name, _) -> name.startsWith(CLASSIFIER)));
        return List.of(rest, classifier.times(factor).withoutScaling());
    }
}
