package invar.ssl.part;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.nn.optim.Ema;
import invar.ssl.Losses;
import invar.ssl.Setup;

/// SimCLR's loss with more negatives, from a memory that a slow copy of the network fills: the optional memory of
/// SimCLR v2 (Chen, Kornblith, Swersky, Norouzi, Hinton 2020, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029),
/// Sec. 2.1 and App. D), an idea of MoCo (He et al. 2020, [arXiv:1911.05722](https://arxiv.org/abs/1911.05722)).
///
/// The paper only says that a network with averaged weights makes outputs that are buffered as negatives, in addition
/// to those of the batch. This is the loss made of that: with zᵢ the projections of both views of a batch (2N rows), i
/// and j the two rows of one image, sᵢₖ = cos(zᵢ, zₖ), and q₁ … q_K the memory,
/// ```
/// ℓᵢ = −log exp(sᵢⱼ/τ) / ( Σ_{k≠i} exp(sᵢₖ/τ) + Σ_{k=1}^K exp(cos(zᵢ, qₖ)/τ) )      L = mean of ℓᵢ over the 2N rows
/// ```
/// The positive and the batch's 2N − 2 negatives are the trained network's and carry gradients; the memory is constant.
/// Then, after the optimizer's step, and so never for the batch it was made from,
/// ```
/// θ′ ← m θ′ + (1 − m) θ                                       parameters only
/// the oldest 2N rows of the memory ← g_θ′(f_θ′(x)), normalised
/// ```
/// x being both views of the batch just seen, in training mode: the slow network's batch norms see the batch, as MoCo's
/// do, and keep running statistics of their own. At the start θ′ = θ and the memory holds random directions.
///
/// The decay matters, possibly because moving all projections away from the memory at once costs the positives nothing,
/// and the memory follows: on 512 shapes (hidden 64, D = 32, K = 256, τ = 0.2, learning rate 0.1) the loss after 200
/// steps was 4.1, 4.9, 5.2 and 5.7 with decays of 0.999, 0.99, 0.9 and 0.5, where chance is 5.9.
///
/// Departures:
/// - MoCo has its positive from the slow network, no negatives within the batch, and one direction. The paper says that
///   the batch already supplies many negatives, so they stay, and the positive with them;
/// - the official code (google-research/simclr) has no memory.
///
/// @param network the one that follows
/// @param queue   its projections of earlier batches, (K, D), rows of unit length
public record ContrastiveMemory(Layer network, FeatureQueue queue) {

    /// A copy of a network, and K random directions.
    ///
    /// @param online images to projections, a record
    /// @param rows   K
    /// @param width  D
    /// @throws invar.ssl.UserError if K × D, or that of K + 2N similarities of 2N rows, is too large
    public static ContrastiveMemory of(Layer online, Setup setup, int rows, int width) {
        Setup.requireRoom("memory × projection", rows, width);
        Setup.requireFits("2 × batch × (memory + 2 × batch)", 2, setup.batch(), rows + 2L * setup.batch());
        Init init = setup.init().at("memory");
        Tensor random = init.tensor("queue", new Initializer.Normal(1), Shape.of(rows, width));
        Tensor directions = init.device().persistent(() -> Losses.normalize(random));
        return new ContrastiveMemory(Modules.copyOf(online), new FeatureQueue(directions, setup.integers()));
    }

    /// L, in nats.
    ///
    /// @param z           (2N, D) projections; rows i and i + N are two views of one image
    /// @param temperature τ > 0
    public Tensor loss(Tensor z, double temperature) {
        Tensor u = Losses.normalize(z), q = queue.rows().stopGradient();
        int n = u.dim(0) / 2;
        Tensor batch = u.matmulT(u).fillDiagonal(Double.NEGATIVE_INFINITY);                  // sᵢₖ, k ≠ i  (2N, 2N)
        Tensor all = batch.concat(1, u.matmulT(q)).scale(1 / temperature);                   // (2N, 2N + K)
        Tensor other = u.rows(n, 2 * n).concat(0, u.rows(0, n));                             // ẑⱼ
        Tensor positive = u.mul(other).sum(1).scale(1 / temperature);                        // sᵢⱼ/τ       (2N, 1)
        return all.logSumExp(1).sub(positive).mean();
    }

    /// Moves the network and replaces the oldest rows. After the loss, outside of what the tape records.
    ///
    /// @param online θ, shaped as the network
    /// @param x      (2N, 3, H, W) the views of this step, 2N dividing K
    /// @param decay  m in [0, 1], a scalar tensor; 0.999 in the paper
    public void follow(Layer online, Tensor x, Tensor decay) {
        Ema.update(network, online, decay);
        queue.enqueue(Losses.normalize(network.apply(x, Mode.TRAIN)));
    }
}
