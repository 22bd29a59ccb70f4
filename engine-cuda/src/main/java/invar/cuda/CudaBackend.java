package invar.cuda;

import invar.core.ContractionOp;
import invar.core.DType;
import invar.core.MovementOp;
import invar.core.Op;
import invar.core.PointwiseOp;
import invar.core.PoolingOp;
import invar.core.ReductionOp;
import invar.core.Tensor;
import invar.core.fused.FusedOp;
import invar.core.spi.Backend;
import invar.core.spi.Replay;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// An NVIDIA GPU as a device: tensors are in its memory, in single precision, and every op is one kernel of the module
/// `kernels`, or a few, on one stream. Every output element has one writer and every sum a fixed order, so the same
/// input gives the same bits. `execute` returns before the work is done.
public final class CudaBackend implements Backend {

    private final Gpu gpu;
    private boolean closed;

    /// Opens a device.
    ///
    /// @param ordinal its number, from 0
    /// @throws IllegalArgumentException if it cannot run the kernels; the message says why
    public CudaBackend(int ordinal) {
        gpu = new Gpu(ordinal);
    }

    @Override
    public DType floating() {
        return DType.F32;
    }

    @Override
    public Storage allocate(DType type, long elements) {
        if (type == DType.F64) throw new IllegalArgumentException("the CUDA backend computes in F32, not in F64");
        return gpu.memory().allocate(elements * type.bytes());
    }

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        gpu.staging().upload(host, ((CudaStorage) to).address() + offset * type.bytes());
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        gpu.staging().download(((CudaStorage) from).address() + offset * type.bytes(), host);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        gpu.memory().reuseScratch();
        switch (op) {
            case PointwiseOp f -> Pointwise.execute(f, in, out[0], gpu);
            case MovementOp m -> throw new UnsupportedOperationException(m.toString());
            case Op.InPlace u -> Updates.execute(u, in, gpu);
            case ReductionOp r -> throw new UnsupportedOperationException(r.toString());
            case PoolingOp p -> throw new UnsupportedOperationException(p.toString());
            case ContractionOp c -> throw new UnsupportedOperationException(c.toString());
            case FusedOp f -> Fused.execute(f, in, out, gpu);
        }
    }

    @Override
    public boolean supports(Op.Fused op) {
        return op instanceof FusedOp;
    }

    @Override
    public void synchronize() {
        gpu.synchronize();
    }

    @Override
    public Replay capture(Runnable step) {
        return new CudaReplay(gpu.stream(), step);
    }

    /// Frees what the device holds for this backend.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        gpu.close();
    }
}
