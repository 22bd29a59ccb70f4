package invar.core.reference;

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

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        MemorySegment device = segment(to);
        MemorySegment.copy(host, 0, device, offset * type.bytes(), host.byteSize());
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        MemorySegment.copy(segment(from), offset * type.bytes(), host, 0, host.byteSize());
    }

    private static MemorySegment segment(Storage storage) {
        return switch (storage) {
            case Array.Doubles d -> MemorySegment.ofArray(d.values());
            case Array.Integers i -> MemorySegment.ofArray(i.values());
            default -> throw new IllegalArgumentException("not a storage of this backend: " + storage);
        };
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
