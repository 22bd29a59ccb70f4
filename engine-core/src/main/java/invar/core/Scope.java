package invar.core;

import invar.core.spi.Storage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// An arena: tensors born while it is open die when it is closed or reset. Not the garbage collector but the scope
/// decides when memory is used again, and after [#reset] the same sequence of allocations gets the same addresses,
/// which is what a captured step needs.
///
/// Scopes nest: [Device#scope] opens one inside the current one, and they close in reverse order.
/// Using a tensor after its scope was closed or reset throws [IllegalStateException].
public final class Scope implements AutoCloseable {

    /// Offsets are multiples of 16 elements: a cache line of floats, and what vector loads and copies like best.
    private static final int ALIGNMENT = 16;
    private static final long FIRST_CHUNK = 1 << 14, LARGEST_CHUNK = 1 << 24;    // elements: 64 KiB to 64 MiB of floats

    private static final class Chunk {
        final Storage storage;
        final long capacity;
        long used;

        Chunk(Storage storage, long capacity) {
            this.storage = storage;
            this.capacity = capacity;
        }
    }

    private final Device device;
    private final Map<DType, List<Chunk>> chunks = new EnumMap<>(DType.class);
    private int generation;
    private boolean closed;

    Scope(Device device) {
        this.device = device;
    }

    /// A tensor of undefined contents. Chunks are tried in order, so the same requests land at the same places.
    Tensor allocate(DType type, Shape shape) {
        long size = (shape.elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        List<Chunk> list = chunks.computeIfAbsent(type, t -> new ArrayList<>());
        Chunk chunk = null;
        for (int i = 0; i < list.size() && chunk == null; i++) {
            if (list.get(i).capacity - list.get(i).used >= size) chunk = list.get(i);
        }
        if (chunk == null) {
            device.refuseInCapture("an allocation that its scope has no room for, " + type + " " + shape + ",");
            long capacity = Math.max(size, Math.min(LARGEST_CHUNK, FIRST_CHUNK << Math.min(list.size(), 10)));
            chunk = new Chunk(device.backend().allocate(type, capacity), capacity);
            list.add(chunk);
        }
        Tensor tensor = new Tensor(device, chunk.storage, chunk.used, shape, type, this, generation);
        chunk.used += size;
        return tensor;
    }

    /// Ends the life of all tensors born in this scope; their memory is used again from the beginning.
    public void reset() {
        if (closed) throw new IllegalStateException("the scope is closed");
        generation++;
        for (List<Chunk> list : chunks.values()) {
            for (Chunk chunk : list) chunk.used = 0;
        }
    }

    /// Bytes held for this scope's tensors, dead or alive: its peak so far.
    public long bytes() {
        long bytes = 0;
        for (Map.Entry<DType, List<Chunk>> entry : chunks.entrySet()) {
            for (Chunk chunk : entry.getValue()) bytes += chunk.capacity * entry.getKey().bytes();
        }
        return bytes;
    }

    boolean alive(int born) {
        return !closed && born == generation;
    }

    /// Ends the scope and the life of its tensors.
    ///
    /// @throws IllegalStateException if a scope opened later is still open
    @Override
    public void close() {
        if (closed) return;
        device.pop(this);
        closed = true;
        for (List<Chunk> list : chunks.values()) {
            for (Chunk chunk : list) device.backend().free(chunk.storage);
        }
        chunks.clear();
    }
}
