package invar.cuda;

import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardData;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionBackwardFilter;
import static jcuda.jcudnn.JCudnn.cudnnConvolutionForward;
import static jcuda.jcudnn.JCudnn.cudnnCreate;
import static jcuda.jcudnn.JCudnn.cudnnDestroy;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionForwardAlgorithm_v7;
import static jcuda.jcudnn.JCudnn.cudnnGetConvolutionForwardWorkspaceSize;
import static jcuda.jcudnn.JCudnn.cudnnGetErrorString;
import static jcuda.jcudnn.JCudnn.cudnnSetStream;

import invar.core.ContractionOp.Conv2d;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.spi.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.runtime.cudaStream_t;

/// Convolutions and their gradients by cuDNN, on the stream of a device, through the functions that versions 8 and 9
/// have in common.
///
/// For each convolution with other extents, the algorithm is the first that cuDNN proposes among those that give the
/// same bits each time, sum products as they are (algorithms by Fourier transform or after Winograd lose digits), and
/// need at most [#MOST_WORKSPACE] bytes; the choice is kept. Where there is none, or no room for the workspace, or a
/// tensor does not begin at a multiple of 16 bytes, the project's kernels are used.
final class Cudnn implements AutoCloseable {

    /// What is called here and by [CudnnConvolution], as C names it.
    static final List<String> FUNCTIONS = Stream.concat(CudnnConvolution.FUNCTIONS.stream(), Stream.of("cudnnCreate",
            "cudnnDestroy", "cudnnSetStream", "cudnnGetVersion", "cudnnGetCudartVersion", "cudnnGetErrorString",
            "cudnnConvolutionForward",
            "cudnnConvolutionBackwardData", "cudnnConvolutionBackwardFilter", "cudnnGetConvolutionForwardAlgorithm_v7",
            "cudnnGetConvolutionBackwardDataAlgorithm_v7", "cudnnGetConvolutionBackwardFilterAlgorithm_v7",
            "cudnnGetConvolutionForwardWorkspaceSize", "cudnnGetConvolutionBackwardDataWorkspaceSize",
            "cudnnGetConvolutionBackwardFilterWorkspaceSize")).toList();

    /// A quarter of a GiB: more than the algorithms that qualify want for what fits on a device besides.
    static final long MOST_WORKSPACE = 256 << 20;

    private static final int ALIGNMENT = 16, PROPOSALS = 16;

    private enum Pass { FORWARD, INPUT_GRAD, WEIGHT_GRAD }

    private record Key(Pass pass, Conv2d op, Shape x, Shape w) {}

    /// An algorithm that cuDNN proposes, best first.
    private record Proposal(int algorithm, int status, int determinism, int math) {}

    /// What is done for one key: nothing, where `convolution` is null.
    private record Plan(CudnnConvolution convolution, int algorithm, long workspace) {
        static final Plan NONE = new Plan(null, -1, 0);
    }

    private final Gpu gpu;
    private final boolean reduced;
    private final cudnnHandle handle = new cudnnHandle();
    private final Map<Key, Plan> plans = new HashMap<>();
    private final ByteBuffer scalars = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
    private final Pointer one = Pointer.to(scalars), zero = one.withByteOffset(4);

    /// @param precision [Precision#BF16] is served with TF32, which is more precise: cuDNN converts to no other type
    ///          here
    /// @throws IllegalStateException if cuDNN does not start here; the message says which call it refuses
    Cudnn(Gpu gpu, Precision precision) {
        this.gpu = gpu;
        reduced = precision != Precision.FP32;
        scalars.putFloat(0, 1).putFloat(4, 0);
        check(cudnnCreate(handle), "cudnnCreate");
        try {
            check(cudnnSetStream(handle, new cudaStream_t(gpu.stream())), "cudnnSetStream");
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /// y from x and w.
    Answer forward(Conv2d op, Tensor x, Tensor w, Tensor y) {
        return run(new Key(Pass.FORWARD, op, x.shape(), w.shape()), x, w, y);
    }

    /// dx from dy and w.
    Answer inputGrad(Conv2d op, Tensor dx, Tensor w, Tensor dy) {
        return run(new Key(Pass.INPUT_GRAD, op, dx.shape(), w.shape()), dx, w, dy);
    }

    /// dw from x and dy.
    Answer weightGrad(Conv2d op, Tensor x, Tensor dw, Tensor dy) {
        return run(new Key(Pass.WEIGHT_GRAD, op, x.shape(), dw.shape()), x, dw, dy);
    }

    private Answer run(Key key, Tensor x, Tensor w, Tensor y) {
        long toX = CudaStorage.address(x), toW = CudaStorage.address(w), toY = CudaStorage.address(y);
        if ((toX | toW | toY) % ALIGNMENT != 0) return Answer.NOT_OFFERED;
        Plan plan = plans.get(key);
        if (plan == null) plans.put(key, plan = plan(key, y.shape()));
        if (plan.convolution == null) return Answer.NOT_OFFERED;
        long room = 0;
        try {
            if (plan.workspace > 0) room = gpu.memory().scratch(plan.workspace);
        } catch (OutOfMemoryError _) {
            plan.convolution.close();
            plans.put(key, Plan.NONE);                          // the project's kernel, from now on, needs less or none
            return Answer.NOT_OFFERED;
        }
        int status = start(key.pass, plan, at(toX), at(toW), at(toY), at(room));
        return status == 0 ? Answer.COMPUTED : Answer.refused(text(status, "the convolution " + key.op));
    }

    private int start(Pass pass, Plan plan, Pointer x, Pointer w, Pointer y, Pointer room) {
        CudnnConvolution c = plan.convolution;
        return switch (pass) {
            case FORWARD -> cudnnConvolutionForward(handle, one, c.x(), x, c.w(), w, c.convolution(), plan.algorithm,
                    room, plan.workspace, zero, c.y(), y);
            case INPUT_GRAD -> cudnnConvolutionBackwardData(handle, one, c.w(), w, c.y(), y, c.convolution(),
                    plan.algorithm, room, plan.workspace, zero, c.x(), x);
            case WEIGHT_GRAD -> cudnnConvolutionBackwardFilter(handle, one, c.x(), x, c.y(), y, c.convolution(),
                    plan.algorithm, room, plan.workspace, zero, c.w(), w);
        };
    }

    private Plan plan(Key key, Shape y) {
        CudnnConvolution c = CudnnConvolution.of(key.op, key.x, key.w, y);
        if (c == null) return Plan.NONE;
        c.allow(reduced ? cudnnMathType.CUDNN_DEFAULT_MATH : cudnnMathType.CUDNN_FMA_MATH);
        for (Proposal p : proposals(key.pass, c)) {
            if (p.status != 0 || p.determinism != cudnnDeterminism.CUDNN_DETERMINISTIC || !sumsProducts(key.pass, p)
                    || p.math == cudnnMathType.CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION) continue;
            if (reduced && !c.allow(p.math)) continue;
            long[] bytes = {0};
            if (workspace(key.pass, c, p.algorithm, bytes) == 0 && bytes[0] <= MOST_WORKSPACE) {
                return new Plan(c, p.algorithm, bytes[0]);
            }
        }
        c.close();
        return Plan.NONE;
    }

    private static boolean sumsProducts(Pass pass, Proposal p) {
        return switch (pass) {
            case FORWARD -> p.algorithm == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM
                    || p.algorithm == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM
                    || p.algorithm == cudnnConvolutionFwdAlgo.CUDNN_CONVOLUTION_FWD_ALGO_GEMM;
            case INPUT_GRAD -> p.algorithm == cudnnConvolutionBwdDataAlgo.CUDNN_CONVOLUTION_BWD_DATA_ALGO_1;
            case WEIGHT_GRAD -> p.algorithm == cudnnConvolutionBwdFilterAlgo.CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1;
        };
    }

    private List<Proposal> proposals(Pass pass, CudnnConvolution c) {
        int[] count = {0};
        Stream<Proposal> all = switch (pass) {
            case FORWARD -> {
                cudnnConvolutionFwdAlgoPerf[] found = new cudnnConvolutionFwdAlgoPerf[PROPOSALS];
                Arrays.setAll(found, _ -> new cudnnConvolutionFwdAlgoPerf());
                int status = cudnnGetConvolutionForwardAlgorithm_v7(handle, c.x(), c.w(), c.convolution(), c.y(),
                        PROPOSALS, count, found);
                yield status != 0 ? Stream.empty() : Arrays.stream(found, 0, count[0])
                        .map(f -> new Proposal(f.algo, f.status, f.determinism, f.mathType));
            }
            case INPUT_GRAD -> {
                cudnnConvolutionBwdDataAlgoPerf[] found = new cudnnConvolutionBwdDataAlgoPerf[PROPOSALS];
                Arrays.setAll(found, _ -> new cudnnConvolutionBwdDataAlgoPerf());
                int status = cudnnGetConvolutionBackwardDataAlgorithm_v7(handle, c.w(), c.y(), c.convolution(), c.x(),
                        PROPOSALS, count, found);
                yield status != 0 ? Stream.empty() : Arrays.stream(found, 0, count[0])
                        .map(f -> new Proposal(f.algo, f.status, f.determinism, f.mathType));
            }
            case WEIGHT_GRAD -> {
                cudnnConvolutionBwdFilterAlgoPerf[] found = new cudnnConvolutionBwdFilterAlgoPerf[PROPOSALS];
                Arrays.setAll(found, _ -> new cudnnConvolutionBwdFilterAlgoPerf());
                int status = cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle, c.x(), c.y(), c.convolution(), c.w(),
                        PROPOSALS, count, found);
                yield status != 0 ? Stream.empty() : Arrays.stream(found, 0, count[0])
                        .map(f -> new Proposal(f.algo, f.status, f.determinism, f.mathType));
            }
        };
        return all.toList();
    }

    private int workspace(Pass pass, CudnnConvolution c, int algorithm, long[] bytes) {
        return switch (pass) {
            case FORWARD -> cudnnGetConvolutionForwardWorkspaceSize(handle, c.x(), c.w(), c.convolution(), c.y(),
                    algorithm, bytes);
            case INPUT_GRAD -> cudnnGetConvolutionBackwardDataWorkspaceSize(handle, c.w(), c.y(), c.convolution(),
                    c.x(), algorithm, bytes);
            case WEIGHT_GRAD -> cudnnGetConvolutionBackwardFilterWorkspaceSize(handle, c.x(), c.y(), c.convolution(),
                    c.w(), algorithm, bytes);
        };
    }

    private static Pointer at(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    private static void check(int status, String call) {
        if (status != 0) throw new IllegalStateException(text(status, call));
    }

    /// In cuDNN's own words: the numbers differ between versions.
    private static String text(int status, String call) {
        return "cuDNN refuses " + call + ": " + cudnnGetErrorString(status);
    }

    @Override
    public void close() {
        for (Plan plan : plans.values()) {
            if (plan.convolution != null) plan.convolution.close();
        }
        plans.clear();
        cudnnDestroy(handle);
    }
}
