package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import invar.benchmarks.work.Inputs;
import invar.benchmarks.work.OptimizerWork;
import java.util.function.BinaryOperator;

/// Single operations in libtorch.
final class TorchOps {

    private TorchOps() {}

    /// C = A B, square.
    static final class Product extends TorchJob {

        private final NDArray a, b;

        Product(NDManager manager, int n) {
            super(manager);
            a = input(Inputs.normal(1, n * n), n, n);
            b = input(Inputs.normal(2, n * n), n, n);
        }

        @Override
        NDArray[] compute() {
            return new NDArray[] {a.matMul(b)};
        }
    }

    /// One pass over two arrays of n numbers, or one of them.
    static final class Pass extends TorchJob {

        private final NDArray x, y;
        private final BinaryOperator<NDArray> operation;

        Pass(NDManager manager, int n, BinaryOperator<NDArray> operation) {
            super(manager);
            this.operation = operation;
            x = input(Inputs.normal(1, n), n);
            y = input(Inputs.normal(2, n), n);
        }

        @Override
        NDArray[] compute() {
            return new NDArray[] {operation.apply(x, y)};
        }
    }

    /// A step of SGD with momentum and weight decay, by DJL's native update.
    static final class Sgd extends TorchJob {

        private final NDArray p, v, g;

        Sgd(NDManager manager, int n) {
            super(manager);
            p = input(Inputs.normal(1, n), n);
            g = input(Inputs.normal(2, n), n);
            v = zeros(n);
        }

        @Override
        boolean training() {
            return true;
        }

        @Override
        NDArray[] compute() {
            update(p, g, v, OptimizerWork.RATE, OptimizerWork.DECAY, OptimizerWork.MOMENTUM);
            return new NDArray[] {here(p)};
        }
    }

    static void update(NDArray p, NDArray g, NDArray v, double rate, double decay, double momentum) {
        JniUtils.sgdUpdate((PtNDArray) p, (PtNDArray) g, (PtNDArray) v, (float) rate, (float) decay, 1, -1,
                (float) momentum);
    }

    /// Batch norm of (N, C, H, H), and its gradients for x, γ and β.
    static final class Norm extends TorchJob {

        private final NDArray x, gamma, beta, dy, mean, variance;

        Norm(NDManager manager, int n, int c, int size) {
            super(manager);
            x = input(Inputs.normal(1, n * c * size * size), n, c, size, size);
            gamma = input(Inputs.normal(2, c), c);
            beta = input(Inputs.normal(3, c), c);
            dy = input(Inputs.normal(4, n * c * size * size), n, c, size, size);
            mean = zeros(c);
            variance = ones(c);
        }

        @Override
        NDArray[] compute() {
            NDArray images = leaf(x), scale = leaf(gamma), shift = leaf(beta);
            NDArray y = recorded(() -> batchNorm(images, mean, variance, scale, shift));
            backward(y, dy);
            return new NDArray[] {here(y), images.getGradient(), scale.getGradient(), shift.getGradient()};
        }
    }
}
