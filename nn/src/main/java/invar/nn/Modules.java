package invar.nn;

import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A module is data: a tree of records, lists and optionals whose leaves are tensors and settings. Finding parameters,
/// naming them, copying a network: all are walks over this tree.
///
/// A tensor's name is the path to it, made of component names in snake case and list indices, joined by points:
/// ```
/// record Networks(ResNet encoder, Mlp projector)      encoder.layer1.0.conv1.weight, encoder.bn1.running_mean, …
/// ```
/// A [Sequential] adds no name of its own, so that its layers are `0`, `1`, … . Absent parts (`null`, an empty
/// optional) have no names. A tensor reachable by two paths is one tensor and has the first name.
public final class Modules {

    /// The components of each record class, looked up once: the JDK makes new accessors at every look, and code for
    /// each of them, which costs more than the walk if there is one in every step of a training.
    private static final ClassValue<List<Part>> PARTS = new ClassValue<>() {
        @Override
        protected List<Part> computeValue(Class<?> type) {
            return parts(type);
        }
    };

    /// A component of a record class.
    private record Part(String name, boolean buffer, Method accessor) {

        Object of(Record record) {
            try {
                return accessor.invoke(record);
            } catch (ReflectiveOperationException e) {
                throw new IllegalArgumentException("cannot read " + name + " of " + record.getClass(), e);
            }
        }
    }

    private Modules() {}

    /// The trainable tensors below `node`, by name, in the order of the components.
    public static Map<String, Tensor> parameters(Object node) {
        return collect(node, true, false);
    }

    /// The tensors below `node` that are marked [Buffer]: running statistics.
    public static Map<String, Tensor> buffers(Object node) {
        return collect(node, false, true);
    }

    /// All tensors below `node`, trainable or not: what a file of its weights holds.
    public static Map<String, Tensor> state(Object node) {
        return collect(node, true, true);
    }

    /// The number of trainable values below `node`.
    public static long count(Object node) {
        return parameters(node).values().stream().mapToLong(Tensor::size).sum();
    }

    /// A network of the same structure and values with persistent tensors of its own: a target or teacher at its start.
    /// Settings are shared.
    public static <T> T copyOf(T node) {
        return copyOf(node, List.of());
    }

    /// The same, but for the tensors of `shared`, which then belong to both networks: one over the same parameters, for
    /// instance, but with running statistics of its own.
    public static <T> T copyOf(T node, Collection<Tensor> shared) {
        Map<Tensor, Tensor> copies = new IdentityHashMap<>();
        shared.forEach(tensor -> copies.put(tensor, tensor));
        @SuppressWarnings("unchecked")          // copy returns what it is given, rebuilt: the same class
        T copy = (T) copy(node, copies);
        return copy;
    }

    /// Overwrites all tensors below `to` with those of the same names below `from`.
    ///
    /// @throws IllegalArgumentException if names or shapes differ; then nothing was copied
    public static void copyValues(Object from, Object to) {
        Map<String, Tensor> source = state(from), target = state(to);
        checkMatch("copy", source, target);
        target.forEach((name, tensor) -> Ops.update(UpdateOp.Assign.COPY, tensor, source.get(name)));
    }

    /// Throws unless both maps have the same names with the same shapes.
    static void checkMatch(String what, Map<String, Tensor> from, Map<String, Tensor> to) {
        for (Map.Entry<String, Tensor> entry : to.entrySet()) {
            Tensor source = from.get(entry.getKey());
            if (source == null) throw new IllegalArgumentException(what + ": the source lacks " + entry.getKey());
            Shape shape = source.shape(), expected = entry.getValue().shape();
            if (!shape.equals(expected)) {
                throw new IllegalArgumentException("%s: %s has shape %s in the source but %s here"
                        .formatted(what, entry.getKey(), shape, expected));
            }
        }
        for (String name : from.keySet()) {
            if (!to.containsKey(name)) throw new IllegalArgumentException(what + ": the target lacks " + name);
        }
    }

    private static Map<String, Tensor> collect(Object root, boolean parameters, boolean buffers) {
        Map<String, Tensor> found = new LinkedHashMap<>();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        walk("", root, false, (name, tensor, buffer) -> {
            if ((buffer ? buffers : parameters) && seen.add(tensor)) found.put(name, tensor);
        });
        return found;
    }

    private interface Visitor {
        void visit(String name, Tensor tensor, boolean buffer);
    }

    private static void walk(String path, Object node, boolean buffer, Visitor visitor) {
        switch (node) {
            case null -> { }
            case Tensor tensor -> visitor.visit(path, tensor, buffer);
            case Optional<?> optional -> optional.ifPresent(part -> walk(path, part, buffer, visitor));
            case Sequential sequential -> walk(path, sequential.layers(), buffer, visitor);
            case List<?> list -> {
                int index = 0;
                for (Object part : list) walk(join(path, Integer.toString(index++)), part, buffer, visitor);
            }
            case Record record -> {
                for (Part part : PARTS.get(record.getClass())) {
                    walk(join(path, part.name), part.of(record), buffer || part.buffer, visitor);
                }
            }
            case Enum<?> setting -> { }
            case Layer layer -> throw new IllegalArgumentException("'" + path + "': " + hidden(layer));
            default -> { }                              // a setting: a number, a text
        }
    }

    private static Object copy(Object node, Map<Tensor, Tensor> copies) {
        return switch (node) {
            case null -> null;
            case Tensor tensor -> copies.computeIfAbsent(tensor, Modules::copyTensor);
            case Optional<?> optional -> optional.map(part -> copy(part, copies));
            case List<?> list -> {
                List<Object> parts = new ArrayList<>();
                for (Object part : list) parts.add(copy(part, copies));
                yield Collections.unmodifiableList(parts);
            }
            case Record record -> rebuild(record, copies);
            case Enum<?> setting -> setting;
            case Layer layer -> throw new IllegalArgumentException(hidden(layer));
            default -> node;
        };
    }

    private static Record rebuild(Record record, Map<Tensor, Tensor> copies) {
        List<Part> components = PARTS.get(record.getClass());
        Object[] parts = components.stream().map(part -> copy(part.of(record), copies)).toArray();
        Class<?>[] types = components.stream().map(part -> part.accessor.getReturnType()).toArray(Class<?>[]::new);
        try {
            Constructor<? extends Record> canonical = record.getClass().getDeclaredConstructor(types);
            canonical.setAccessible(true);
            return canonical.newInstance(parts);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(record.getClass() + " refuses its own components", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("cannot make another " + record.getClass(), e);
        }
    }

    private static Tensor copyTensor(Tensor tensor) {
        return tensor.device().persistent(() -> {
            if (!tensor.dtype().floating()) return tensor.device().integers(tensor.shape(), tensor.integers());
            Tensor copy = tensor.full(0);
            Ops.update(UpdateOp.Assign.COPY, copy, tensor);
            return copy;
        });
    }

    private static String hidden(Layer layer) {
        return "the parameters of " + layer.getClass() + " cannot be found, because it is not a record";
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private static List<Part> parts(Class<?> type) {
        List<Part> parts = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            Method accessor = component.getAccessor();
            accessor.setAccessible(true);
            parts.add(new Part(
                    snakeCase(component.getName()), component.isAnnotationPresent(Buffer.class), accessor));
        }
        return List.copyOf(parts);
    }

    private static String snakeCase(String camelCase) {
        return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }
}
