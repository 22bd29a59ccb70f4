package invar.ssl.part;

import invar.core.Tensor;

/// Equal assignment of samples to prototypes by the Sinkhorn-Knopp iteration (Cuturi 2013,
/// [arXiv:1306.0895](https://arxiv.org/abs/1306.0895); SwAV, Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Eq. 3 to 5). From Q = exp(scores / ε), `iterations` times:
/// ```
/// every column (prototype) is divided by its sum, then every row (sample) by its own
/// ```
/// so that at the end every row of Q is a distribution and all prototypes have about the same share.
///
/// Departure: the official code keeps Q and so overflows single precision for scores above 88 ε, and divides by K and N
/// on the way, which cancels. This keeps log Q, with the same result.
///
/// @param epsilon    ε > 0, the smoothness of the assignment; 0.05 in SwAV
/// @param iterations ≥ 1; 3 in SwAV
public record Sinkhorn(double epsilon, int iterations) {

    public Sinkhorn {
        if (!(epsilon > 0)) throw new IllegalArgumentException("epsilon must be > 0 but is " + epsilon);
        if (iterations < 1) throw new IllegalArgumentException("iterations must be at least 1 but is " + iterations);
    }

    /// The assignment, a constant for differentiation.
    ///
    /// @param scores (N, K) similarity of each sample to each prototype
    /// @return (N, K), rows of probabilities
    public Tensor assign(Tensor scores) {
        Tensor log = scores.stopGradient().scale(1 / epsilon);                               // log Q
        for (int i = 0; i < iterations; i++) {
            log = log.sub(log.logSumExp(0));
            log = log.sub(log.logSumExp(1));
        }
        return log.exp();
    }
}
