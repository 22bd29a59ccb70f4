package invar.core;

import invar.core.spi.Backend;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.core.spi.Replay;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/// A handle to one device: its backend, its open scopes, and the tape that records. Used by one thread.
public final class Device implements AutoCloseable {

    private final String name;
    private final Backend backend;
    private final List<String> passedOver;
    private final Deque<Optional<Scope>> scopes = new ArrayDeque<>();    // empty: a stretch of persistent allocation
    private final Map<Object, Tensor> constants = new HashMap<>();
    private Tape tape;
    private boolean capturing;

    /// A device over a backend made elsewhere, e.g. by a test.
    public Device(String name, Backend backend) {
        this(name, backend, List.of());
    }

    private Device(String name, Backend backend, List<String> passedOver) {
        this.name = name;
        this.backend = backend;
        this.passedOver = List.copyOf(passedOver);
    }

    /// All providers on the class path, best first.
    public static List<BackendProvider> providers() {
        List<BackendProvider> found = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(found::add);
        found.sort(Comparator.comparingInt(BackendProvider::priority).reversed().thenComparing(BackendProvider::name));
        return found;
    }

    /// Opens a device with default options.
    public static Device open(String name) {
        return open(name, DeviceOptions.DEFAULT);
    }

    /// Opens the device of this name: `cpu`, `reference`, …; `auto` is the best that is available. A number after a
    /// colon, as in `cuda:1`, chooses among several and overrides `options.ordinal()`.
    ///
    /// @throws IllegalArgumentException if there is no such device or it cannot be used here; the message says why
    public static Device open(String name, DeviceOptions options) {
        int colon = name.indexOf(':');
        String kind = colon < 0 ? name : name.substring(0, colon);
        DeviceOptions chosen = colon < 0 ? options : options.withOrdinal(ordinal(name, colon));
        List<BackendProvider> all = providers();
        List<String> names = new ArrayList<>(), passedOver = new ArrayList<>();
        boolean auto = kind.equals("auto");
        for (BackendProvider provider : all) {
            names.add(provider.name());
            if (auto ? provider.priority() < 0 : !provider.name().equals(kind)) continue;
            Optional<String> why = provider.unavailable();
            if (why.isEmpty()) {
                try {
                    return new Device(provider.name(), provider.open(chosen), passedOver);
                } catch (IllegalArgumentException e) {
                    why = Optional.of(e.getMessage());
                }
            }
            if (!auto) throw new IllegalArgumentException("device '" + name + "' cannot be used here: " + why.get());
            passedOver.add(provider.name() + ": " + why.get());
        }
        if (!passedOver.isEmpty()) {
            throw new IllegalArgumentException("no device can be used here: " + String.join("; ", passedOver));
        }
        throw new IllegalArgumentException("no device '" + name + "': there are auto, " + String.join(", ", names));
    }

    private static int ordinal(String name, int colon) {
        try {
            return Integer.parseInt(name.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("after the colon of a device's name comes its number: " + name, e);
        }
    }

    /// The name of the backend: `cpu`, `reference`, …
    public String name() {
        return name;
    }

    /// Where this device was taken for `auto`: the better ones, each with why it cannot be used, as in `cuda: no NVIDIA
    /// driver is installed`.
    public List<String> passedOver() {
        return passedOver;
    }

    /// The type of real numbers on this device.
    public DType floating() {
        return backend.floating();
    }

    /// How it multiplies in matrix products and convolutions.
    public Precision precision() {
        return backend.precision();
    }

    /// The vendor's libraries that it computes with, and why others are not used; see [Backend#libraries].
    public List<String> libraries() {
        return backend.libraries();
    }

    /// Whether this device has a kernel for an op that could be composed from others.
    public boolean supports(Op.Fused op) {
        return backend.supports(op);
    }

    /// How many bytes of its memory are free now; empty where that is not known.
    public OptionalLong freeBytes() {
        return backend.freeBytes();
    }

    /// Opens a scope: until it is closed, new tensors are born in it.
    public Scope scope() {
        Scope scope = new Scope(this);
        scopes.push(Optional.of(scope));
        return scope;
    }

    /// Runs `make` with new tensors outside all scopes, so that they live as long as they are reachable.
    public <T> T persistent(Supplier<T> make) {
        scopes.push(Optional.empty());
        try {
            return make.get();
        } finally {
            scopes.pop();
        }
    }

    void pop(Scope scope) {
        if (scopes.isEmpty() || scopes.peek().filter(top -> top == scope).isEmpty()) {
            throw new IllegalStateException("scopes close in reverse order of opening");
        }
        scopes.pop();
    }

    /// A tensor of undefined contents in the current scope, or a persistent one where none is open.
    Tensor allocate(DType type, Shape shape) {
        Optional<Scope> scope = scopes.isEmpty() ? Optional.empty() : scopes.peek();
        if (scope.isPresent()) return scope.get().allocate(type, shape);
        refuseInCapture("an allocation outside of all scopes, " + type + " " + shape + ",");
        return new Tensor(this, backend.allocate(type, shape.elements()), 0, shape, type, null, 0);
    }

    /// A persistent tensor that never changes, such as the labels 0 … N − 1 or the weights of an interpolation: made
    /// when it is first asked for, and kept. An upload for each step would be one too many for [#capture].
    ///
    /// @param key  what it is; keys that are equal have the same tensor
    /// @param make makes it
    public Tensor constant(Object key, Supplier<Tensor> make) {
        Tensor known = constants.get(key);
        if (known != null) return known;
        Tensor made = persistent(make);
        constants.put(key, made);
        return made;
    }

    /// A tensor with these values, row-major.
    ///
    /// @throws IllegalArgumentException if their number is not the shape's
    public Tensor tensor(Shape shape, float... values) {
        Tensor tensor = allocate(floating(), shape);
        tensor.upload(values);
        return tensor;
    }

    /// A tensor with these values, row-major, rounded to the device's floating type.
    public Tensor tensor(Shape shape, double... values) {
        Tensor tensor = allocate(floating(), shape);
        tensor.upload(values);
        return tensor;
    }

    /// A tensor of integers.
    public Tensor integers(Shape shape, int... values) {
        Tensor tensor = allocate(DType.I32, shape);
        tensor.upload(values);
        return tensor;
    }

    /// A scalar.
    public Tensor scalar(double value) {
        return tensor(Shape.of(), value);
    }

    /// A tensor filled with one value.
    public Tensor full(Shape shape, double value) {
        Tensor tensor = allocate(floating(), shape);
        Ops.update(new UpdateOp.Fill(value), tensor);
        return tensor;
    }

    /// A tensor of zeros.
    public Tensor zeros(Shape shape) {
        return full(shape, 0);
    }

    /// Waits until everything asked for so far is done.
    public void synchronize() {
        refuseInCapture("synchronize()");
        backend.synchronize();
    }

    /// Whether [#capture] makes a recording that runs without the Java code that it is of. Where it does not, capturing
    /// is of no use, and only keeps to the rules.
    public boolean replays() {
        return backend.replays();
    }

    /// Runs `step` exactly once, and returns what runs it again on the same tensors: what it reads is read anew, from
    /// device memory, and nothing else of it is. So
    /// 1. nothing is copied to the host or from it inside a step, nobody waits for the device, and nothing is
    ///    allocated but in a scope that has had the room since an earlier step: refused here, on every backend;
    /// 2. no `if` depends on the value of a tensor, which follows from rule 1;
    /// 3. every number that changes between steps is in a tensor: a learning rate, a count, a place in a queue;
    /// 4. inputs are copied into the same tensors before every step;
    /// 5. shapes are those of the steps before;
    /// 6. what libraries need beside tensors exists before: run the step at least once without capturing it.
    ///
    /// What rules 3 and 5 forbid is not seen: such a recording repeats the numbers of the step that was captured.
    ///
    /// A step that throws has had no effect where [#replays], and the device goes on as before.
    ///
    /// @throws IllegalStateException for what rule 1 forbids, naming the call
    public Replay capture(Runnable step) {
        refuseInCapture("capture");
        return backend.capture(() -> {
            capturing = true;
            try {
                step.run();
            } finally {
                capturing = false;
            }
        });
    }

    /// Whether a step is being captured at this moment.
    public boolean capturing() {
        return capturing;
    }

    void refuseInCapture(String call) {
        if (capturing) {
            throw new IllegalStateException(call + " is not allowed inside a captured step: what is replayed without "
                    + "its Java code copies nothing to or from the host, waits for nothing and allocates nothing");
        }
    }

    /// The backend itself: for backends' tests and for replay of captured steps.
    public Backend backend() {
        return backend;
    }

    Tape tape() {
        return tape;
    }

    void tape(Tape recording) {
        tape = recording;
    }

    void upload(MemorySegment host, Tensor to) {
        backend.upload(host, to.storage(), to.dtype(), to.offset());
    }

    void download(Tensor from, MemorySegment host) {
        backend.download(from.storage(), from.dtype(), from.offset(), host);
    }

    /// Closes the backend. Tensors of this device must not be used any more.
    @Override
    public void close() {
        backend.close();
    }
}
