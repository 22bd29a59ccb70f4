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
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.core.spi.Replay;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// An NVIDIA GPU as a device: tensors are in its memory, in single precision, and every op is one kernel of the module
/// `kernels`, or a few, on one stream. Matrix products and convolutions run on tensor cores if [DeviceOptions] allow
/// their [Precision] and the device has them (compute capability 8.0, Ampere), else in single precision. Every output
/// element has one writer and every sum a fixed order, so the same input gives the same bits. `execute` returns before
/// the work is done.
public final class CudaBackend implements Backend {

    private final Gpu gpu;
    private final List<CudaReplay> replays = new ArrayList<>();
    private Set<Storage> captured;                              // what the step being captured uses; null: none is
    private boolean closed;

    /// Opens a device, with the project's own kernels alone, in single precision.
    ///
    /// @param ordinal its number, from 0
    /// @throws IllegalArgumentException if it cannot run the kernels; the message says why
    public CudaBackend(int ordinal) {
        this(new DeviceOptions(1, ordinal, Precision.FP32, Set.of("cublas", "cudnn")));
    }

    /// Opens a device, with cuBLAS for matrix products and cuDNN for convolutions where they are installed and wanted.
    ///
    /// @throws IllegalArgumentException if it cannot run the kernels; the message says why
    public CudaBackend(DeviceOptions options) {
        gpu = new Gpu(options.ordinal(), Kernels.FOLDER, options.precision());
        gpu.useLibraries(options.without());
    }

    /// For tests of single kernels.
    Gpu gpu() {
        return gpu;
    }

    /// A clock on this device's stream, which the caller closes.
    public CudaTimer timer() {
        return new CudaTimer(gpu);
    }

    /// The most bytes of device memory that this backend ever held at once: tensors, arenas, scratch memory. What the
    /// driver itself takes for a context and for kernels is not counted.
    public long peakBytes() {
        return gpu.memory().peak();
    }

    @Override
    public DType floating() {
        return DType.F32;
    }

    @Override
    public Precision precision() {
        return gpu.precision();
    }

    @Override
    public List<String> libraries() {
        return gpu.libraries().lines();
    }

    @Override
    public OptionalLong freeBytes() {
        return OptionalLong.of(gpu.memory().free());
    }

    @Override
    public Storage allocate(DType type, long elements) {
        if (type == DType.F64) throw new IllegalArgumentException("the CUDA backend computes in F32, not in F64");
        gpu.enter();
        return gpu.memory().allocate(elements * type.bytes());
    }

    /// Memory that a captured step uses is left to the garbage collector, which waits for the step's end.
    @Override
    public void free(Storage storage) {
        if (closed || captured != null || replays.stream().anyMatch(replay -> replay.uses(storage))) return;
        gpu.enter();
        gpu.memory().free((CudaStorage) storage);
    }

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        gpu.enter();
        gpu.staging().upload(host, ((CudaStorage) to).address() + offset * type.bytes());
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        gpu.enter();
        gpu.staging().download(((CudaStorage) from).address() + offset * type.bytes(), host);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        gpu.enter();
        gpu.memory().reuseScratch();
        if (captured != null) {
            for (Tensor tensor : in) captured.add(tensor.storage());
            for (Tensor tensor : out) captured.add(tensor.storage());
        }
        switch (op) {
            case PointwiseOp f -> Pointwise.execute(f, in, out[0], gpu);
            case MovementOp m -> Movements.execute(m, in, out[0], gpu);
            case Op.InPlace u -> Updates.execute(u, in, gpu);
            case ReductionOp r -> Reductions.execute(r, in[0], out[0], gpu);
            case PoolingOp p -> Poolings.execute(p, in, out, gpu);
            case ContractionOp c -> Contractions.execute(c, in, out[0], gpu);
            case FusedOp f -> Fused.execute(f, in, out, gpu);
        }
    }

    @Override
    public boolean supports(Op.Fused op) {
        return op instanceof FusedOp;
    }

    @Override
    public void synchronize() {
        gpu.enter();
        gpu.synchronize();
    }

    @Override
    public boolean replays() {
        return true;
    }

    @Override
    public Replay capture(Runnable step) {
        gpu.enter();
        Set<Storage> used = CudaReplay.nothing();
        captured = used;
        gpu.memory().capturing(true);
        try {
            CudaReplay replay = new CudaReplay(gpu, step, used);
            replays.removeIf(CudaReplay::closed);
            replays.add(replay);
            return replay;
        } finally {
            gpu.memory().capturing(false);
            captured = null;
        }
    }

    /// Frees what the device holds for this backend.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        gpu.enter();
        replays.forEach(CudaReplay::close);
        gpu.close();
    }
}
