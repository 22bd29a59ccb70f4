package invar.ssl.part;

import invar.core.Ops;
import invar.core.Philox;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import invar.ssl.Losses;
import invar.ssl.Setup;
import java.util.stream.IntStream;

/// Noise-contrastive estimation against a [MemoryBank] (Wu, Xiong, Yu, Lin 2018,
/// [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Sec. 3.2): of 1 + m rows of the bank, which is the image's
/// own, and which are noise? With noise Pₙ = 1/n,
/// ```
/// P(i|v) = exp(v · fᵢ / τ) / Z                                                            Eq. 4
/// h(i, v) = P(i|v) / (P(i|v) + m Pₙ(i))                                                   Eq. 6
/// L = −E[log h(i, v)] − m E_{j ~ Pₙ}[log(1 − h(j, v))]                                    Eq. 7
/// Z = n · mean of exp(v · fⱼ / τ) over all that the first batch compares                  Eq. 8
/// ```
/// Z stays what the first batch made it. It lives on the device, 0 until then, and [#loss] chooses between it and the
/// estimate by arithmetic, without asking the host: a recorded step does the same in every replay.
///
/// On few images mind what the bank begins with: Z of random rows is far too small when, an epoch later, all rows are
/// those of an untrained network. With 8 steps an epoch the loss was seen to grow and not to come back;
/// docs/questions/memory-bank.md.
///
/// Departures, the official code's (lemniscate.pytorch, lib/NCEAverage.py): the estimate of Z includes each image's own
/// row; Eq. 7 has ε = 1e-7 in its denominators.
///
/// @param noise (N, m), I32, persistent: the rows that each image of the batch is compared with
/// @param z     Z, a persistent scalar; 0 before the first batch
public record NoiseContrast(@Buffer Tensor noise, @Buffer Tensor z) {

    /// Before the first batch.
    ///
    /// @param m     ≥ 1, noise samples for each image of a batch
    /// @param width D of the features that they are compared with
    /// @throws invar.ssl.UserError if a batch compares with too many numbers
    public static NoiseContrast of(Setup setup, int m, int width) {
        Setup.requireFits("batch × negatives × projection", setup.batch(), m, width);
        return new NoiseContrast(setup.integers(setup.batch(), m), setup.zeros());
    }

    /// The loss where h = 1 / (m + 1) for the image and for each of the m samples: nothing is told apart.
    public double chanceLevel() {
        double m = noise.dim(1);
        return Math.log(m + 1) + m * Math.log1p(1 / m);
    }

    /// Draws the noise of a step, from n rows alike and with replacement: an image's own row is among its noise with a
    /// probability of 1 − (1 − 1/n)^m. On the host, so not within a recorded step.
    public void draw(Philox random, int n) {
        noise.upload(IntStream.range(0, noise.size()).map(k -> random.nextInt(n)).toArray());
    }

    /// The loss of a batch, a scalar in nats; sets Z if this is the first.
    ///
    /// @param v           (N, D), rows of unit length
    /// @param own         (N), I32: the row of each image
    /// @param temperature τ > 0
    public Tensor loss(MemoryBank bank, Tensor v, Tensor own, double temperature) {
        int n = bank.rows().dim(0);
        Tensor right = bank.weights(v, own.reshape(v.dim(0), 1), temperature);                   // (N, 1)
        Tensor weights = right.concat(1, bank.weights(v, noise, temperature));                   // (N, 1 + m)
        Tensor fixed = z.stopGradient(), unset = fixed.equal(z.full(0));                         // 1 in the first step
        Tensor constant = fixed.add(unset.mul(bank.normaliser(weights)));                        // Z, Eq. 8
        Ops.update(UpdateOp.Assign.COPY, z, constant);
        return Losses.noiseContrastive(weights.div(constant), n);                                // Eq. 7
    }
}
