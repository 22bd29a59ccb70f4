package invar.cpu;

import invar.core.ContractionOp;
import invar.core.DType;
import invar.core.MovementOp;
import invar.core.Op;
import invar.core.PointwiseOp;
import invar.core.PoolingOp;
import invar.core.ReductionOp;
import invar.core.Tensor;
import invar.core.fused.AugmentImages;
import invar.core.fused.BarlowTwins;
import invar.core.fused.BarlowTwinsGrad;
import invar.core.fused.BatchNorm;
import invar.core.fused.BatchNormGrad;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CosineSimilarityGrad;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.CrossCorrelationGrad;
import invar.core.fused.FusedOp;
import invar.core.fused.L2Normalize;
import invar.core.fused.L2NormalizeGrad;
import invar.core.fused.LayerNorm;
import invar.core.fused.LayerNormGrad;
import invar.core.fused.NtXent;
import invar.core.fused.NtXentAndGrad;
import invar.core.fused.NtXentGrad;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import invar.core.fused.SoftmaxCrossEntropyGrad;
import invar.core.spi.Backend;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// The processor as a device: tensors are Java arrays of single precision, kernels use the Vector API and a team of
/// threads of its own. Everything is done when `execute` returns, and every result is the same to the last bit on any
/// number of threads. Several backends may be open side by side. If its kernels stay a hundred times too slow, because
/// Java was started without the flag they need, one line on the standard error says so.
public final class CpuBackend implements Backend {

    /// The longest array that Java virtual machines make, less what is before the first element.
    private static final long LONGEST = Integer.MAX_VALUE - 8L - CpuStorage.FIRST;

    private final Parallel parallel;
    private final SpeedWatch watch;

    /// Starts the threads.
    ///
    /// @param threads how many work at once, the caller included; at least 1
    public CpuBackend(int threads) {
        parallel = new Parallel(threads);
        watch = SpeedWatch.of(threads);
    }

    @Override
    public DType floating() {
        return DType.F32;
    }

    /// @throws IllegalArgumentException if `elements` is more than an array can have
    @Override
    public Storage allocate(DType type, long elements) {
        if (elements < 0 || elements > LONGEST) {
            throw new IllegalArgumentException("a CPU tensor is a Java array and has at most " + LONGEST
                    + " elements, but " + elements + " were asked for");
        }
        try {
            return switch (type) {
                case F32 -> new CpuStorage.Floats(new float[(int) elements + CpuStorage.FIRST]);
                case I32 -> new CpuStorage.Ints(new int[(int) elements + CpuStorage.FIRST]);
                case F64 -> throw new IllegalArgumentException("the CPU backend computes in F32, not in F64");
            };
        } catch (OutOfMemoryError e) {
            OutOfMemoryError explained = new OutOfMemoryError(
                    "no room for " + elements + " elements of " + type + " (" + mebibytes(elements * type.bytes())
                            + " MiB) in the Java heap of " + mebibytes(Runtime.getRuntime().maxMemory())
                            + " MiB: use a smaller batch or smaller networks, or start Java with a larger -Xmx");
            explained.initCause(e);
            throw explained;
        }
    }

    private static long mebibytes(long bytes) {
        return (bytes + (1 << 20) - 1) >> 20;
    }

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        CpuStorage.upload(host, to, offset);
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        CpuStorage.download(from, offset, host);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        switch (op) {
            case PointwiseOp f -> Pointwise.execute(f, in, out[0], parallel);
            case MovementOp m -> Movement.execute(m, in, out[0], parallel);
            case Op.InPlace u -> Updates.execute(u, in, parallel);
            case ReductionOp r -> Reductions.execute(r, in[0], out[0], parallel);
            case PoolingOp p -> Poolings.execute(p, in, out, parallel);
            case ContractionOp c -> watch.run(c, in[0], in[1], out[0],
                    () -> Contractions.execute(c, in[0], in[1], out[0], parallel));
            case AugmentImages f -> throw new IllegalArgumentException("no kernel for " + f + "; it is composed");
            case BarlowTwins f -> BarlowTwinses.forward(f, in, out, parallel);
            case BarlowTwinsGrad f -> BarlowTwinses.backward(f, in, out, parallel);
            case BatchNorm f -> BatchNorms.forward(f, in, out, parallel);
            case BatchNormGrad f -> BatchNorms.backward(f, in, out, parallel);
            case CosineSimilarity f -> CosineSimilarities.forward(f, in, out, parallel);
            case CosineSimilarityGrad f -> CosineSimilarities.backward(f, in, out, parallel);
            case CrossCorrelation f -> CrossCorrelations.forward(f, in, out, parallel);
            case CrossCorrelationGrad f -> CrossCorrelations.backward(in, out, parallel);
            case L2Normalize f -> L2Normalizes.forward(f, in, out, parallel);
            case L2NormalizeGrad f -> L2Normalizes.backward(f, in, out, parallel);
            case LayerNorm f -> LayerNorms.forward(f, in, out, parallel);
            case LayerNormGrad f -> LayerNorms.backward(in, out, parallel);
            case NtXent f -> NtXents.forward(f, in, out, parallel);
            case NtXentAndGrad f -> NtXents.both(f, in, out, parallel);
            case NtXentGrad f -> NtXents.backward(f, in, out, parallel);
            case QueueNce f -> QueueNces.forward(f, in, out, parallel);
            case SoftmaxCrossEntropy f -> CrossEntropies.forward(f, in, out, parallel);
            case SoftmaxCrossEntropyGrad f -> CrossEntropies.backward(f, in, out, parallel);
        }
    }

    @Override
    public boolean supports(Op.Fused op) {
        return switch ((FusedOp) op) {
            case AugmentImages f -> false;               // views are made by the data workers, in ssl
            case BarlowTwins f -> true;
            case BarlowTwinsGrad f -> true;
            case BatchNorm f -> true;
            case BatchNormGrad f -> true;
            case CosineSimilarity f -> true;
            case CosineSimilarityGrad f -> true;
            case CrossCorrelation f -> true;
            case CrossCorrelationGrad f -> true;
            case L2Normalize f -> true;
            case L2NormalizeGrad f -> true;
            case LayerNorm f -> true;
            case LayerNormGrad f -> true;
            case NtXent f -> true;
            case NtXentAndGrad f -> true;
            case NtXentGrad f -> true;
            case QueueNce f -> true;
            case SoftmaxCrossEntropy f -> true;
            case SoftmaxCrossEntropyGrad f -> true;
        };
    }

    /// Ends the threads. Storages are ordinary arrays, and go when nobody refers to them.
    @Override
    public void close() {
        parallel.close();
    }
}
