package invar.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Records the ops that touch watched tensors, in order, so that they can be differentiated backwards: a Wengert list
/// (Wengert 1964). Each op is recorded after its inputs, so walking the list from its end needs no sorting.
///
/// Only watched tensors and what is computed from them are tracked. A target network, a queue or a centre gets no
/// gradient because nobody watches it.
/// ```java
/// try (Tape tape = Tape.watching(parameters)) {
///     Tensor loss = …;
///     Gradients gradients = tape.gradients(loss);
/// }
/// ```
public final class Tape implements AutoCloseable {

    private record Entry(Op op, Tensor[] in, Tensor[] out) {}

    private final Device device;
    private final Tape outer;
    private final List<Entry> entries = new ArrayList<>();
    private final Set<Tensor> tracked = Collections.newSetFromMap(new IdentityHashMap<>());

    private Tape(Device device, Collection<Tensor> watched) {
        this.device = device;
        this.outer = device.tape();
        tracked.addAll(watched);
        device.tape(this);
    }

    /// Starts to record on the device of `watched`, until closed. An outer tape is paused meanwhile.
    ///
    /// @throws IllegalArgumentException if nothing is watched, or an integer tensor is
    public static Tape watching(Collection<Tensor> watched) {
        if (watched.isEmpty()) throw new IllegalArgumentException("a tape needs at least one tensor to watch");
        for (Tensor tensor : watched) {
            if (!tensor.dtype().floating()) throw new IllegalArgumentException("integers have no gradient: " + tensor);
        }
        return new Tape(watched.iterator().next().device(), watched);
    }

    /// The same, for tensors named one by one.
    public static Tape watching(Tensor... watched) {
        return watching(List.of(watched));
    }

    /// Whether an op with these inputs is recorded.
    boolean touches(Tensor[] in) {
        for (Tensor tensor : in) {
            if (tracked.contains(tensor)) return true;
        }
        return false;
    }

    void record(Op op, Tensor[] in, Tensor[] out) {
        if (!touches(in)) return;
        entries.add(new Entry(op, in, out));
        for (Tensor tensor : out) {
            if (tensor.dtype().floating()) tracked.add(tensor);
        }
    }

    /// How many ops were recorded.
    public int size() {
        return entries.size();
    }

    /// ∂loss/∂(every watched tensor). Nothing is recorded meanwhile.
    ///
    /// @param loss a tensor of one element
    public Gradients gradients(Tensor loss) {
        if (loss.size() != 1) {
            throw new IllegalArgumentException("only a scalar has gradients; the loss is " + loss.shape());
        }
        return gradients(loss, loss.full(1));
    }

    /// Gradients of Σ seed · y, for a y of any shape.
    public Gradients gradients(Tensor y, Tensor seed) {
        if (!y.shape().equals(seed.shape())) {
            throw new IllegalArgumentException("the seed has shape " + seed.shape() + ", not y's " + y.shape());
        }
        Map<Tensor, Tensor> grads = new IdentityHashMap<>();
        grads.put(y, seed);
        Tape recording = device.tape();
        device.tape(null);
        try {
            for (Entry entry : entries.reversed()) backward(entry, grads);
        } finally {
            device.tape(recording);
        }
        return new Gradients(grads);
    }

    private void backward(Entry entry, Map<Tensor, Tensor> grads) {
        Tensor[] grad = new Tensor[entry.out.length];
        boolean reached = false;
        for (int i = 0; i < grad.length; i++) {
            grad[i] = grads.get(entry.out[i]);
            reached |= grad[i] != null;
        }
        if (!reached) return;
        if (grad[0] == null) grad[0] = entry.out[0].full(0);
        boolean[] needed = new boolean[entry.in.length];
        for (int i = 0; i < needed.length; i++) needed[i] = tracked.contains(entry.in[i]);
        Tensor[] dx = Vjp.apply(entry.op, entry.in, entry.out, grad, needed);
        for (int i = 0; i < dx.length; i++) {
            if (needed[i] && dx[i] != null) grads.merge(entry.in[i], dx[i], Tensor::add);
        }
    }

    /// Stops recording.
    @Override
    public void close() {
        if (device.tape() == this) device.tape(outer);
        entries.clear();
        tracked.clear();
    }
}
