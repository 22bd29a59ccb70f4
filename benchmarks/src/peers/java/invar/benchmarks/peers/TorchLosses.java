package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import invar.benchmarks.work.Inputs;
import invar.benchmarks.work.NtXentWork;
import invar.benchmarks.work.QueueWork;

/// Losses in libtorch, composed as one would in PyTorch, with no pass over a large matrix that can be avoided: 1/τ is
/// multiplied into the rows, the diagonal is masked in place, and the cross entropy is log-softmax and a choice.
final class TorchLosses {

    private TorchLosses() {}

    /// x / max(‖x‖, 1e-12) along the rows.
    static NDArray unitRows(NDArray x) {
        return x.normalize(2, 1, 1e-12);
    }

    /// Cosines of all pairs of rows.
    static final class Cosine extends TorchJob {

        private final NDArray a, b;

        Cosine(NDManager manager, int n, int d) {
            super(manager);
            a = input(Inputs.normal(1, n * d), n, d);
            b = input(Inputs.normal(2, n * d), n, d);
        }

        @Override
        NDArray[] compute() {
            return new NDArray[] {unitRows(here(a)).matMul(unitRows(here(b)).transpose())};
        }
    }

    /// NT-Xent of 2N rows, forward and backward.
    static final class NtXent extends TorchJob {

        private final NDArray z, mask, partner;

        NtXent(NDManager manager, int n, int d) {
            super(manager);
            int rows = 2 * n;
            z = input(Inputs.normal(1, rows * d), rows, d);
            mask = manager.eye(rows).muli(-1e9f);
            long[] other = new long[rows];
            for (int i = 0; i < rows; i++) other[i] = (i + n) % rows;
            partner = manager.create(other, new Shape(rows, 1));
        }

        @Override
        NDArray[] compute() {
            NDArray leaf = leaf(z);
            NDArray loss = recorded(() -> {
                NDArray u = unitRows(leaf);
                NDArray s = u.mul((float) (1 / NtXentWork.TEMPERATURE)).matMul(u.transpose()).addi(mask);
                return s.logSoftmax(1).gather(partner, 1).mean().neg();
            });
            backward(loss);
            return new NDArray[] {here(loss), leaf.getGradient()};
        }
    }

    /// InfoNCE against a queue, forward, and backward to the queries.
    static final class Queue extends TorchJob {

        private final NDArray query, key, queue, first;

        Queue(NDManager manager, int n, int k, int d) {
            super(manager);
            query = input(Inputs.unitRows(1, n, d), n, d);
            key = input(Inputs.unitRows(2, n, d), n, d);
            queue = input(Inputs.unitRows(3, k, d), k, d);
            first = manager.zeros(new Shape(n, 1), DataType.INT64);
        }

        @Override
        NDArray[] compute() {
            NDArray leaf = leaf(query);
            NDArray loss = recorded(() -> {
                NDArray q = leaf.mul((float) (1 / QueueWork.TEMPERATURE));
                NDArray own = q.mul(key).sum(new int[] {1}, true);
                return own.concat(q.matMul(queue.transpose()), 1).logSoftmax(1).gather(first, 1).mean().neg();
            });
            backward(loss);
            return new NDArray[] {here(loss), leaf.getGradient()};
        }
    }
}
