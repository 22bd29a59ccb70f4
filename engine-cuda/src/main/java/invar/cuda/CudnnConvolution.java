package invar.cuda;

import static jcuda.jcudnn.JCudnn.cudnnCreateConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnCreateTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyConvolutionDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyFilterDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnDestroyTensorDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolution2dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolutionGroupCount;
import static jcuda.jcudnn.JCudnn.cudnnSetConvolutionMathType;
import static jcuda.jcudnn.JCudnn.cudnnSetFilter4dDescriptor;
import static jcuda.jcudnn.JCudnn.cudnnSetTensor4dDescriptor;
import static jcuda.jcudnn.cudnnConvolutionMode.CUDNN_CROSS_CORRELATION;
import static jcuda.jcudnn.cudnnDataType.CUDNN_DATA_FLOAT;
import static jcuda.jcudnn.cudnnTensorFormat.CUDNN_TENSOR_NCHW;

import invar.core.ContractionOp.Conv2d;
import invar.core.Shape;
import java.util.List;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnTensorDescriptor;

/// A convolution as cuDNN describes it: the extents of x, w and y, and how they belong together.
///
/// @param x           of the input, or its gradient
/// @param w           of the weight, or its gradient
/// @param y           of the output, or its gradient
/// @param convolution padding, stride, dilation, groups
record CudnnConvolution(cudnnTensorDescriptor x, cudnnFilterDescriptor w, cudnnTensorDescriptor y,
        cudnnConvolutionDescriptor convolution) implements AutoCloseable {

    /// What is called here, as C names it.
    static final List<String> FUNCTIONS = List.of("cudnnCreateTensorDescriptor", "cudnnSetTensor4dDescriptor",
            "cudnnDestroyTensorDescriptor", "cudnnCreateFilterDescriptor", "cudnnSetFilter4dDescriptor",
            "cudnnDestroyFilterDescriptor", "cudnnCreateConvolutionDescriptor", "cudnnSetConvolution2dDescriptor",
            "cudnnSetConvolutionGroupCount", "cudnnSetConvolutionMathType", "cudnnDestroyConvolutionDescriptor");

    /// Describes it; null if cuDNN does not take it.
    static CudnnConvolution of(Conv2d op, Shape x, Shape w, Shape y) {
        CudnnConvolution c = new CudnnConvolution(new cudnnTensorDescriptor(), new cudnnFilterDescriptor(),
                new cudnnTensorDescriptor(), new cudnnConvolutionDescriptor());
        boolean taken = cudnnCreateTensorDescriptor(c.x) == 0 && cudnnCreateTensorDescriptor(c.y) == 0
                && cudnnCreateFilterDescriptor(c.w) == 0 && cudnnCreateConvolutionDescriptor(c.convolution) == 0
                && c.describe(c.x, x) == 0 && c.describe(c.y, y) == 0
                && cudnnSetFilter4dDescriptor(c.w, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, w.dim(0), w.dim(1), w.dim(2),
                        w.dim(3)) == 0
                && cudnnSetConvolution2dDescriptor(c.convolution, op.padH(), op.padW(), op.strideH(), op.strideW(),
                        op.dilationH(), op.dilationW(), CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT) == 0
                && cudnnSetConvolutionGroupCount(c.convolution, op.groups()) == 0;
        if (taken) return c;
        c.close();
        return null;
    }

    private int describe(cudnnTensorDescriptor descriptor, Shape shape) {
        return cudnnSetTensor4dDescriptor(descriptor, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, shape.dim(0), shape.dim(1),
                shape.dim(2), shape.dim(3));
    }

    /// Says how products may be computed; false if cuDNN does not know this.
    boolean allow(int math) {
        return cudnnSetConvolutionMathType(convolution, math) == 0;
    }

    @Override
    public void close() {
        cudnnDestroyTensorDescriptor(x);
        cudnnDestroyTensorDescriptor(y);
        cudnnDestroyFilterDescriptor(w);
        cudnnDestroyConvolutionDescriptor(convolution);
    }
}
