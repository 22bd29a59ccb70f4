package invar.ssl.check;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Which ops of the golden set this build can check, by name.
public final class GoldenOps {

    private static final SortedMap<String, GoldenOp> BY_NAME = new TreeMap<>();

    static {
        register(LossOps.all());
        register(PartOps.all());
        register(LayerOps.all());
        register(NetworkOps.all());
        register(OptimizerOps.all());
        register(ScheduleOps.all());
        register(ImageOps.all());
        register(MetricOps.all());
    }

    private GoldenOps() {}

    private static void register(Map<String, GoldenOp> ops) {
        ops.forEach((name, op) -> {
            if (BY_NAME.put(name, op) != null) throw new IllegalStateException("two ops are called " + name);
        });
    }

    /// The op called `name`, if this build has it.
    static Optional<GoldenOp> find(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /// The names of all ops, in alphabetical order.
    public static SortedSet<String> names() {
        return Collections.unmodifiableSortedSet((SortedSet<String>) BY_NAME.keySet());
    }
}
