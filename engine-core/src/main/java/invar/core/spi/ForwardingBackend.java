package invar.core.spi;

import invar.core.DType;
import invar.core.Op;
import invar.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/// Another backend with something changed: whatever is not overridden is done by [#backend]. Counting, profiling and
/// recording ops are a method each.
public interface ForwardingBackend extends Backend {

    /// The one that does the work; closed with this one.
    Backend backend();

    @Override
    default DType floating() {
        return backend().floating();
    }

    @Override
    default Precision precision() {
        return backend().precision();
    }

    @Override
    default List<String> libraries() {
        return backend().libraries();
    }

    @Override
    default OptionalLong freeBytes() {
        return backend().freeBytes();
    }

    @Override
    default Storage allocate(DType type, long elements) {
        return backend().allocate(type, elements);
    }

    @Override
    default void free(Storage storage) {
        backend().free(storage);
    }

    @Override
    default void upload(MemorySegment host, Storage to, DType type, long offset) {
        backend().upload(host, to, type, offset);
    }

    @Override
    default void download(Storage from, DType type, long offset, MemorySegment host) {
        backend().download(from, type, offset, host);
    }

    @Override
    default void execute(Op op, Tensor[] in, Tensor[] out) {
        backend().execute(op, in, out);
    }

    @Override
    default boolean supports(Op.Fused op) {
        return backend().supports(op);
    }

    @Override
    default void synchronize() {
        backend().synchronize();
    }

    @Override
    default boolean replays() {
        return backend().replays();
    }

    @Override
    default Replay capture(Runnable step) {
        return backend().capture(step);
    }

    @Override
    default void close() {
        backend().close();
    }
}
