package invar.ssl.method;

import java.util.Map;
import java.util.Optional;

/// What to look at first where the embeddings of a method have collapsed: for the methods whose loss compares
/// embeddings, and so could be satisfied by equal ones.
public final class UsualCauses {

    private static final String REPELS_TOO_LITTLE = "a temperature too high for the negatives to push, or a learning "
            + "rate so high that the first steps drove all images to one point";
    private static final String ONE_CLUSTER = "a temperature too high to tell prototypes apart, or a learning rate too "
            + "high";

    private static final Map<String, String> OF_COLLAPSE = Map.ofEntries(
            Map.entry("instdisc", REPELS_TOO_LITTLE),
            Map.entry("simclr", REPELS_TOO_LITTLE),
            Map.entry("simclrv2", REPELS_TOO_LITTLE),
            Map.entry("moco-v1", REPELS_TOO_LITTLE),
            Map.entry("moco-v2", REPELS_TOO_LITTLE),
            Map.entry("moco-v3", "a momentum too low for the keys to be targets, or a learning rate too high"),
            Map.entry("byol", "a predictor that is missing (predictor: false) or follows too slowly, or a target that "
                    + "moves too fast (targetDecay)"),
            Map.entry("simsiam", "a gradient that is not stopped (stopGradient: false), or a predictor whose learning "
                    + "rate is too low"),
            Map.entry("barlow", "an off-diagonal weight too low for so few features (lambda), or a learning rate too "
                    + "high"),
            Map.entry("vicreg", "a variance term too weak beside the invariance term, or a learning rate too high"),
            Map.entry("swav", ONE_CLUSTER + "; a queue helps where the batch is small beside the prototypes"),
            Map.entry("deepcluster-v2", ONE_CLUSTER),
            Map.entry("dino", "a teacher whose temperature is too high, or whose centre moves too slowly"));

    private UsualCauses() {}

    /// The usual causes of a collapse, as the end of a sentence; empty for a method whose embeddings need not be
    /// spread, as its loss compares classes or patches.
    public static Optional<String> ofCollapse(String method) {
        return Optional.ofNullable(OF_COLLAPSE.get(method));
    }
}
