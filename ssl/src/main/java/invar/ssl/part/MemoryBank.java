package invar.ssl.part;

import invar.core.ContractionOp.MatMul;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.Losses;
import invar.ssl.Setup;

/// One feature vector for every image of the data set, a moving average of what the encoder made of it: instance
/// discrimination (Wu, Xiong, Yu, Lin 2018, [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Sec. 3).
///
/// The bank gets no gradient: it holds what was computed in earlier steps, and only [#update] changes it.
///
/// @param rows (n, D), persistent; of unit length once they were updated
public record MemoryBank(@Buffer Tensor rows) {

    public MemoryBank {
        if (rows.shape().rank() != 2) {
            throw new IllegalArgumentException("a memory bank is a matrix, not " + rows.shape());
        }
    }

    /// A fresh bank: U(−s, s) with s = 1/√(D/3), so that the squared length of a row is 1 on average; rows are not of
    /// unit length before their first update (lemniscate.pytorch, lib/LinearAverage.py).
    ///
    /// @param images n
    /// @param width  D
    public static MemoryBank of(Init init, int images, int width) {
        return new MemoryBank(init.tensor("rows", new Initializer.Uniform(1 / Math.sqrt(width / 3.0)),
                Shape.of(images, width)));
    }

    /// Refuses data with too many images for a row of D numbers for each of them, be they a bank or weights, and for
    /// the logits of a batch.
    ///
    /// @param some whether each image of a batch is compared with some rows only, not with all
    /// @throws invar.ssl.UserError if there are too many
    public static void requireRoom(Setup setup, int width, boolean some) {
        if (!some) Setup.requireFits("batch × images", setup.batch(), setup.images());
        Setup.requireRoom("images × projection", setup.images(), width);
    }

    /// The rows of a batch, fᵢ: what the encoder made of these images before.
    ///
    /// @param index (N), I32
    /// @return (N, D), a constant for differentiation
    public Tensor of(Tensor index) {
        return rows.stopGradient().gather(index);
    }

    /// Logits of the non-parametric softmax (Eq. 2): v · bankᵀ / τ. Its loss is the cross entropy with the images'
    /// numbers.
    ///
    /// @param v           (N, D), rows of unit length
    /// @param temperature τ > 0; 0.07 in the paper
    /// @return (N, n)
    public Tensor logits(Tensor v, double temperature) {
        return v.matmulT(rows.stopGradient()).scale(1 / temperature);
    }

    /// The unnormalised probabilities exp(vᵢ · bank_indexᵢⱼ / τ) of some rows only, the numerators of Eq. 4.
    ///
    /// @param v     (N, D), rows of unit length
    /// @param index (N, m), I32, in 0 … n − 1
    /// @return (N, m)
    public Tensor weights(Tensor v, Tensor index, double temperature) {
        int n = v.dim(0), d = v.dim(1);
        Tensor chosen = of(index);                                                 // (N, m, D)
        Tensor dots = Ops.run(new MatMul(false, true), v.reshape(n, 1, d), chosen);          // (N, 1, m)
        return dots.reshape(index.shape()).scale(1 / temperature).exp();
    }

    /// The constant Z of Eq. 4, from the weights of uniformly drawn rows: n times their mean. The paper estimates it
    /// once, from the first batch.
    ///
    /// @return a scalar, a constant for differentiation
    public Tensor normaliser(Tensor weights) {
        return weights.stopGradient().mean().scale(rows.dim(0));
    }

    /// Moves the rows of a batch: u = m · row + (1 − m) · v, row ← u / ‖u‖. After the loss, which uses the old rows.
    ///
    /// @param v        (N, D)
    /// @param index    (N), I32: the row of each; each row at most once
    /// @param momentum m in [0, 1]; 0.5 in the official code
    public void update(Tensor v, Tensor index, double momentum) {
        if (!(momentum >= 0 && momentum <= 1)) {
            throw new IllegalArgumentException("momentum must be in [0, 1] but is " + momentum);
        }
        int n = rows.dim(0);
        Tensor moved = Losses.normalize(of(index).scale(momentum).add(v.stopGradient().scale(1 - momentum)));
        Tensor ones = v.device().full(Shape.of(v.dim(0), 1), 1);
        Tensor others = ones.scatter(index, n).affine(-1, 1);                                // (n, 1), 0 where moved
        Ops.update(UpdateOp.Assign.COPY, rows, rows.mul(others).add(moved.scatter(index, n)));
    }
}
