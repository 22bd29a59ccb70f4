package invar.core.reference;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import invar.core.ContractionOp;
import invar.core.DType;
import invar.core.MovementOp;
import invar.core.Op;
import invar.core.PointwiseOp;
import invar.core.PoolingOp;
import invar.core.ReductionOp;
import invar.core.Tensor;
import invar.core.spi.Backend;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// The control that every other backend is tested against: each op as one plain loop that reads like its formula, in
/// double precision, on one thread. It has no fused kernels, so fused ops run as the compositions that define them.
public final class ReferenceBackend implements Backend {

    @Override
    public DType floating() {
        return DType.F64;
    }

    @Override
    public Storage allocate(DType type, long elements) {
        int size = Math.toIntExact(elements);
        return type == DType.I32 ? new Array.Integers(new int[size]) : new Array.Doubles(new double[size]);
    }

    // Copies name the array and not a segment of it: copies from segment to segment of less than 64 bytes were seen to
    // stop after 8, in Java 25.0.3, once compiled in some order.

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        int at = Math.toIntExact(offset), count = Math.toIntExact(host.byteSize() / type.bytes());
        switch (to) {
            case Array.Doubles d -> MemorySegment.copy(host, JAVA_DOUBLE_UNALIGNED, 0, d.values(), at, count);
            case Array.Integers i -> MemorySegment.copy(host, JAVA_INT_UNALIGNED, 0, i.values(), at, count);
            default -> throw foreign(to);
        }
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        int at = Math.toIntExact(offset), count = Math.toIntExact(host.byteSize() / type.bytes());
        switch (from) {
            case Array.Doubles d -> MemorySegment.copy(d.values(), at, host, JAVA_DOUBLE_UNALIGNED, 0, count);
            case Array.Integers i -> MemorySegment.copy(i.values(), at, host, JAVA_INT_UNALIGNED, 0, count);
            default -> throw foreign(from);
        }
    }

    private static IllegalArgumentException foreign(Storage storage) {
        return new IllegalArgumentException("not a storage of this backend: " + storage);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        switch (op) {
            case PointwiseOp p -> Pointwise.execute(p, in, out[0]);
            case ReductionOp r -> Reduction.execute(r, in[0], out[0]);
            case ContractionOp c -> Contraction.execute(c, in[0], in[1], out[0]);
            case MovementOp m -> Movement.execute(m, in, out[0]);
            case PoolingOp p -> Pooling.execute(p, in, out);
            case Op.InPlace u -> Update.execute(u, in);
            case Op.Fused f -> throw new IllegalArgumentException("no kernel for " + f + "; it is composed");
        }
    }

    @Override
    public boolean supports(Op.Fused op) {
        return false;
    }

    @Override
    public void close() {}
}
