package invar.cuda;

import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcublas.JCublas2.cublasCreate;
import static jcuda.jcublas.JCublas2.cublasDestroy;
import static jcuda.jcublas.JCublas2.cublasGemmEx_new;
import static jcuda.jcublas.JCublas2.cublasGemmStridedBatchedEx_new;
import static jcuda.jcublas.JCublas2.cublasSetMathMode;
import static jcuda.jcublas.JCublas2.cublasSetStream;
import static jcuda.jcublas.JCublas2.cublasSetWorkspace;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;
import invar.core.spi.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/// Matrix products by cuBLAS, on the stream of a device. cuBLAS thinks in columns: a row-major C = A B is the same
/// memory as its Cᵀ = Bᵀ Aᵀ, so the factors change places and nothing is transposed.
///
/// The same product gives the same bits: there is one stream, the workspace is the handle's own and allocated when the
/// device is opened, which a captured step needs as well, and cuBLAS does not use atomics unless asked to.
final class Cublas implements AutoCloseable {

    /// What is called here, as C names it.
    static final List<String> FUNCTIONS = List.of("cublasCreate_v2", "cublasDestroy_v2", "cublasGetProperty",
            "cublasSetStream_v2", "cublasSetWorkspace_v2", "cublasSetMathMode", "cublasGemmEx",
            "cublasGemmStridedBatchedEx");

    /// What NVIDIA recommends for Hopper and later; 4 MiB are enough for others.
    private static final long WORKSPACE = 32 << 20;

    private final cublasHandle handle = new cublasHandle();
    private final CudaStorage workspace;
    private final int compute;
    private final ByteBuffer scalars = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    private final Pointer one = Pointer.to(scalars), zero = one.withByteOffset(4);

    /// @throws IllegalStateException if cuBLAS does not start here; the message says which call it refuses
    /// @throws OutOfMemoryError      if there is no room for its workspace
    Cublas(Gpu gpu, Precision precision) {
        scalars.putFloat(0, 1).putFloat(4, 0);
        compute = switch (precision) {
            case FP32 -> cublasComputeType.CUBLAS_COMPUTE_32F;
            case TF32 -> cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
            case BF16 -> cublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF;
        };
        check(cublasCreate(handle), "cublasCreate");
        try {
            check(cublasSetStream(handle, new cudaStream_t(gpu.stream())), "cublasSetStream");
            workspace = gpu.memory().allocate(WORKSPACE);
            check(cublasSetWorkspace(handle, at(workspace.address()), WORKSPACE), "cublasSetWorkspace");
            check(cublasSetMathMode(handle, precision == Precision.FP32
                    ? cublasMath.CUBLAS_DEFAULT_MATH : cublasMath.CUBLAS_TF32_TENSOR_OP_MATH), "cublasSetMathMode");
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /// C = A B as [MatMul] has it.
    Answer multiply(MatMul op, Tensor a, Tensor b, Tensor c) {
        return multiply(op.transposeA(), op.transposeB(), CudaStorage.address(a), CudaStorage.address(b),
                CudaStorage.address(c), c.dim(-2), c.dim(-1), a.dim(op.transposeA() ? -2 : -1),
                c.shape().rank() == 3 ? c.dim(0) : 1);
    }

    /// `batch` products (m, n) with sums over k, of matrices that lie at these addresses one behind the other.
    Answer multiply(boolean transposeA, boolean transposeB, long a, long b, long c, int m, int n, int k, int batch) {
        int ofB = transposeB ? CUBLAS_OP_T : CUBLAS_OP_N, ofA = transposeA ? CUBLAS_OP_T : CUBLAS_OP_N;
        int rowB = transposeB ? k : n, rowA = transposeA ? m : k, algorithm = cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
        Pointer toA = at(a), toB = at(b), toC = at(c);
        int status = batch == 1
                ? cublasGemmEx_new(handle, ofB, ofA, n, m, k, one, toB, CUDA_R_32F, rowB, toA, CUDA_R_32F, rowA, zero,
                        toC, CUDA_R_32F, n, compute, algorithm)
                : cublasGemmStridedBatchedEx_new(handle, ofB, ofA, n, m, k, one, toB, CUDA_R_32F, rowB, (long) k * n,
                        toA, CUDA_R_32F, rowA, (long) m * k, zero, toC, CUDA_R_32F, n, (long) m * n, batch, compute,
                        algorithm);
        String call = batch == 1 ? "cublasGemmEx" : "cublasGemmStridedBatchedEx";
        return status == 0 ? Answer.COMPUTED : Answer.refused(text(status, call));
    }

    private static Pointer at(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    private static void check(int status, String call) {
        if (status != 0) throw new IllegalStateException(text(status, call));
    }

    private static String text(int status, String call) {
        return "cuBLAS refuses " + call + ": " + cublasStatus.stringFor(status);
    }

    @Override
    public void close() {
        cublasDestroy(handle);
    }
}
