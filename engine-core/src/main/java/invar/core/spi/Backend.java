package invar.core.spi;

import invar.core.DType;
import invar.core.Op;
import invar.core.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;

/// What a device must be able to do. Few methods; ops are data, so a new op adds none.
///
/// The engine calls a backend from the one thread that uses its [invar.core.Device], and has checked all shapes and
/// types before. Work happens in call order. `allocate` allocates; no other method may allocate device memory that
/// outlives the call. `execute` may return before the work is done; `download` and `synchronize` wait for it.
public interface Backend extends AutoCloseable {

    /// The floating type this backend computes in.
    DType floating();

    /// How it multiplies in matrix products and convolutions: at least as precisely as it was allowed to.
    default Precision precision() {
        return Precision.FP32;
    }

    /// The vendor's libraries that it computes with, as in `cuBLAS 13.1.0`, and those that it could but does not, with
    /// the reason.
    default List<String> libraries() {
        return List.of();
    }

    /// How many bytes of device memory are free now, where that is known.
    default OptionalLong freeBytes() {
        return OptionalLong.empty();
    }

    /// Memory for `elements` elements of `type`, contents undefined. Freed when unreachable or at `close`.
    ///
    /// @throws OutOfMemoryError with the size asked for, if there is not enough
    Storage allocate(DType type, long elements);

    /// Frees memory of [#allocate] that nobody uses any more, such as a closed scope's. A backend may leave it to the
    /// garbage collector.
    default void free(Storage storage) {}

    /// Copies from the host: `host` holds elements of `type`, native byte order, and fills places `offset` … of `to`.
    void upload(MemorySegment host, Storage to, DType type, long offset);

    /// Copies to the host: fills `host` with elements of `type` from places `offset` … of `from`. Waits.
    void download(Storage from, DType type, long offset, MemorySegment host);

    /// Computes `out` from `in`. Every element of every output is written, whatever was there. The outputs do not
    /// overlap the inputs; an [Op.InPlace] has no outputs and writes into its first inputs.
    void execute(Op op, Tensor[] in, Tensor[] out);

    /// False: the engine runs [Op.Fused#reference] instead. All other ops must be supported.
    boolean supports(Op.Fused op);

    /// Returns when everything asked for so far is done.
    default void synchronize() {}

    /// Whether [#capture] makes a recording that runs without the Java code of the step; then `step` itself only
    /// records, and if it throws, nothing of it was done.
    default boolean replays() {
        return false;
    }

    /// Runs `step` exactly once and returns what runs it again on the same buffers. Inside it there is no upload,
    /// download or allocation: [invar.core.Device#capture] sees to that.
    default Replay capture(Runnable step) {
        step.run();
        return step::run;
    }

    /// Frees what the backend holds. Its storages must not be used any more.
    @Override
    void close();
}
