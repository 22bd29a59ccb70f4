package invar.ssl;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.L2Normalize;
import invar.core.fused.NtXent;
import invar.core.fused.QueueNce;
import invar.core.fused.SoftmaxCrossEntropy;
import java.util.List;
import java.util.stream.IntStream;

/// The losses of self-supervised learning, one static method each: tensors in, a scalar tensor out, in nats where it is
/// a cross entropy. Rows are samples and columns features: N samples, D features, C classes.
///
/// Unless it says otherwise, a loss is differentiable in each of its real arguments. Where a paper writes sg(·), the
/// caller passes `z.stopGradient()` or a tensor that nobody watches.
public final class Losses {

    /// The floor of a norm in [#normalize] and [#cosineSimilarity]: that of `torch.nn.functional.normalize`.
    public static final double NORM_FLOOR = 1e-12;

    /// The label of a row that a cross entropy leaves out: PyTorch's.
    public static final int IGNORED = -100;

    private Losses() {}

    /// The loss of SimCLR, the mean over the 2N rows; formula, source and departures: [NtXent].
    ///
    /// @param z           (2N, D) projections; rows i and i + N are two views of one image
    /// @param temperature τ > 0
    public static Tensor ntXent(Tensor z, double temperature) {
        return Ops.run(new NtXent(temperature), z);
    }

    /// Mean softmax cross entropy with integer labels; formula: [SoftmaxCrossEntropy].
    ///
    /// @param logits (N, C)
    /// @param labels (N), I32, in 0 … C − 1; a row whose label is [#IGNORED] is left out, of the divisor too
    public static Tensor crossEntropy(Tensor logits, Tensor labels) {
        return crossEntropy(logits, labels, 0);
    }

    /// Softmax cross entropy with smoothed labels: the target of row i is (1 − s) onehot(labelᵢ) + s / C.
    ///
    /// @param logits    (N, C)
    /// @param labels    (N), I32, in 0 … C − 1 or [#IGNORED]
    /// @param smoothing s in [0, 1]
    public static Tensor crossEntropy(Tensor logits, Tensor labels, double smoothing) {
        return Ops.run(new SoftmaxCrossEntropy(smoothing, IGNORED), logits, labels);
    }

    /// Mean over all elements of (x − y)².
    public static Tensor meanSquaredError(Tensor x, Tensor y) {
        return x.sub(y).square().mean();
    }

    /// Rows of unit length: x / max(‖x‖, floor) along the last axis; formula and gradient: [L2Normalize].
    ///
    /// @param x     (…, D)
    /// @param floor > 0
    public static Tensor normalize(Tensor x, double floor) {
        return Ops.run(new L2Normalize(floor), x);
    }

    /// Rows of unit length, with the floor [#NORM_FLOOR].
    public static Tensor normalize(Tensor x) {
        return normalize(x, NORM_FLOOR);
    }

    /// cos(aᵢ, bᵢ) of each pair of rows, with norms floored at [#NORM_FLOOR].
    ///
    /// @param a (N, D)
    /// @param b (N, D)
    /// @return (N, 1)
    public static Tensor cosineSimilarity(Tensor a, Tensor b) {
        return cosineSimilarity(a, b, NORM_FLOOR);
    }

    /// cos(aᵢ, bᵢ) = aᵢ · bᵢ / (max(‖aᵢ‖, floor) max(‖bᵢ‖, floor)).
    public static Tensor cosineSimilarity(Tensor a, Tensor b, double floor) {
        return normalize(a, floor).mul(normalize(b, floor)).sum(-1);
    }

    /// `s[i, j]` = cos(aᵢ, bⱼ), norms floored; formula and gradient: [CosineSimilarity].
    ///
    /// @param a (N, D)
    /// @param b (M, D)
    /// @return (N, M)
    public static Tensor cosineSimilarityMatrix(Tensor a, Tensor b, double floor) {
        return Ops.run(new CosineSimilarity(floor), a, b);
    }

    /// BYOL's regression of one view onto the other (Grill et al. 2020,
    /// [arXiv:2006.07733](https://arxiv.org/abs/2006.07733), Eq. 2): the mean of ‖q̄ − z̄‖² = 2 − 2 cos(q, z). The
    /// method adds the same with the views exchanged.
    ///
    /// @param q (N, D) predictions of the online network
    /// @param z (N, D) projections of the target network
    public static Tensor regression(Tensor q, Tensor z) {
        return cosineSimilarity(q, z).mean().affine(-2, 2);
    }

    /// SimSiam's negative cosine similarity (Chen and He 2021, [arXiv:2011.10566](https://arxiv.org/abs/2011.10566),
    /// Eq. 1), the mean of −cos(p, z). The method takes half the sum of both directions. Norms are floored at 1e-8, as
    /// by the `nn.CosineSimilarity` of the official code.
    ///
    /// @param p (N, D) predictions
    /// @param z (N, D) projections of the other view; sg(z) in the method
    public static Tensor negativeCosine(Tensor p, Tensor z) {
        return cosineSimilarity(p, z, 1e-8).mean().neg();
    }

    /// The logits of MoCo (He et al. 2020, [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Eq. 1):
    /// ```
    /// [qᵢ · kᵢ, qᵢ · queue₀, …, qᵢ · queue_{K−1}] / τ
    /// ```
    /// @param q           (N, D) queries, rows of unit length
    /// @param k           (N, D) keys, rows of unit length
    /// @param queue       (K, D) keys of earlier batches, as stored
    /// @param temperature τ > 0
    /// @return (N, 1 + K); the right answer is class 0
    public static Tensor infoNceLogits(Tensor q, Tensor k, Tensor queue, double temperature) {
        requireTemperature(temperature);
        return q.mul(k).sum(1).concat(1, q.matmulT(queue)).scale(1 / temperature);
    }

    /// MoCo's InfoNCE: the mean cross entropy of [#infoNceLogits] with class 0, arguments as there; formula and
    /// gradient: [QueueNce]. The logits are not stored. The queue gets no gradient, because it holds keys of earlier
    /// batches; to differentiate in it as well, take [#firstClass] of [#infoNceLogits].
    public static Tensor infoNce(Tensor q, Tensor k, Tensor queue, double temperature) {
        return Ops.run(new QueueNce(temperature), q, k, queue);
    }

    /// Mean cross entropy of logits (N, C) with class 0 everywhere: 1/N Σ (log Σ_c e^xᵢ_c − xᵢ₀).
    public static Tensor firstClass(Tensor logits) {
        return logits.logSumExp(1).sub(logits.slice(1, 0, 1)).mean();
    }

    /// InfoNCE over all pairs of a batch (van den Oord, Li, Vinyals 2018,
    /// [arXiv:1807.03748](https://arxiv.org/abs/1807.03748), Eq. 4): the mean cross entropy of row i with class i, in
    /// which the other columns are the negatives.
    ///
    /// @param scores (N, N); `scores[i, j]` says how well candidate j fits context i. Transposed, the contexts compete.
    public static Tensor matching(Tensor scores) {
        int n = scores.dim(0);
        Tensor own = scores.device().constant(new Own(n),
                () -> scores.device().integers(Shape.of(n), IntStream.range(0, n).toArray()));
        return crossEntropy(scores, own);
    }

    /// The labels 0 … n − 1.
    private record Own(int n) {}

    /// Noise-contrastive estimation of instance discrimination (Wu et al. 2018,
    /// [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Eq. 6 to 8, as in lib/NCECriterion.py): with c = m / n, m
    /// noise samples from n equally likely rows,
    /// ```
    /// L = −1/N Σᵢ [ log pᵢ₀ / (pᵢ₀ + c + ε) + Σ_{j=1}^m log c / (pᵢⱼ + c + ε) ],     ε = 1e-7
    /// ```
    /// @param p (N, 1 + m) probabilities of the right row (first) and of the noise
    /// @param n how many rows the noise is drawn from
    public static Tensor noiseContrastive(Tensor p, int n) {
        int noise = p.dim(1) - 1;
        double c = (double) noise / n, shift = c + 1e-7;
        Tensor right = p.slice(1, 0, 1), wrong = p.slice(1, 1, 1 + noise);
        Tensor missed = right.plus(shift).div(right).log().sum();                            // −log h(i)
        Tensor believed = wrong.affine(1 / c, shift / c).log().sum();                        // −log (1 − h(j))
        return missed.add(believed).scale(1.0 / p.dim(0));
    }

    /// The cross-correlation of two views' features over the batch; formula: [CrossCorrelation].
    ///
    /// @param a       (N, D), N ≥ 2
    /// @param b       (N, D)
    /// @param epsilon ε > 0, added to the variances
    /// @return (D, D)
    public static Tensor crossCorrelation(Tensor a, Tensor b, double epsilon) {
        return Ops.run(new CrossCorrelation(epsilon), a, b);
    }

    /// Barlow Twins (Zbontar et al. 2021, [arXiv:2103.03230](https://arxiv.org/abs/2103.03230), Eq. 1):
    /// ```
    /// L = Σᵢ (1 − cᵢᵢ)² + λ Σ_{i≠j} cᵢⱼ²,     c = crossCorrelation(a, b, 1e-5)
    /// ```
    /// The ε is that of the batch norm in the official code; the paper has none.
    ///
    /// @param a      (N, D) projections of one view, N ≥ 2
    /// @param b      (N, D) projections of the other
    /// @param lambda λ ≥ 0; 5e-3 in the paper, 0.0051 in the official code
    public static Tensor barlowTwins(Tensor a, Tensor b, double lambda) {
        return barlowTwins(a, b, lambda, 1e-5);
    }

    /// The same with any ε > 0. With fewer rows than three quarters of the features it is the sum over pairs of rows of
    /// [BarlowTwins], and c is not computed.
    public static Tensor barlowTwins(Tensor a, Tensor b, double lambda, double epsilon) {
        return a.shape().rank() == 2 && BarlowTwins.prefers(a.dim(0), a.dim(1))
                ? Ops.run(new BarlowTwins(lambda, epsilon), a, b)
                : redundancy(crossCorrelation(a, b, epsilon), lambda);
    }

    /// The loss of [#barlowTwins] for a given cross-correlation c (D, D).
    public static Tensor redundancy(Tensor c, double lambda) {
        Device device = c.device();
        Tensor identity = device.zeros(c.shape()).fillDiagonal(1);
        Tensor weight = device.full(c.shape(), lambda).fillDiagonal(1);
        return c.sub(identity).square().mul(weight).sum();
    }

    /// VICReg (Bardes, Ponce, LeCun 2022, [arXiv:2105.04906](https://arxiv.org/abs/2105.04906), Eq. 6):
    /// ```
    /// L = λ · invariance(a, b) + μ · (variance(a) + variance(b)) / 2 + ν · (covariance(a) + covariance(b))
    /// ```
    /// Departures, all the official code's: the variance terms are averaged where the paper adds them, and the
    /// invariance is a mean over all N · D elements where the paper divides by N.
    ///
    /// @param a            (N, D) projections of one view, N ≥ 2
    /// @param b            (N, D) projections of the other
    /// @param invariance   λ; 25 in the paper
    /// @param variance     μ; 25
    /// @param covariance   ν; 1
    /// @param epsilon      that of [#variance]; 1e-4
    public static Tensor vicReg(
            Tensor a, Tensor b, double invariance, double variance, double covariance, double epsilon) {
        Tensor v = variance(a, epsilon).add(variance(b, epsilon)).scale(variance / 2);
        Tensor c = covariance(a).add(covariance(b)).scale(covariance);
        return meanSquaredError(a, b).scale(invariance).add(v).add(c);
    }

    /// VICReg's variance term (Eq. 1 and 2): the mean over columns of max(0, 1 − √(unbiased variance + ε)).
    ///
    /// @param z       (N, D), N ≥ 2
    /// @param epsilon ε > 0; 1e-4 in the paper
    public static Tensor variance(Tensor z, double epsilon) {
        Tensor squares = centred(z).square().sum(0).scale(1.0 / (z.dim(0) - 1));             // (1, D)
        return squares.plus(epsilon).sqrt().affine(-1, 1).relu().mean();
    }

    /// VICReg's covariance term (Eq. 3 and 4): the sum of the squared off-diagonal entries of the columns' unbiased
    /// covariance matrix, divided by D. With z centred, Σᵢⱼ (zᵀz)ᵢⱼ² = Σᵢⱼ (z zᵀ)ᵢⱼ², of which the smaller is taken.
    ///
    /// @param z (N, D), N ≥ 2
    public static Tensor covariance(Tensor z) {
        Tensor centred = centred(z);
        if (BarlowTwins.prefers(z.dim(0), z.dim(1))) {
            double degrees = z.dim(0) - 1;
            Tensor all = centred.matmulT(centred).square().sum();                            // (N, N)
            Tensor diagonal = centred.square().sum(0).square().sum();                        // Σᵢ (zᵀz)ᵢᵢ²
            return all.sub(diagonal).scale(1 / (degrees * degrees * z.dim(1)));
        }
        Tensor matrix = centred.tMatmul(centred).scale(1.0 / (z.dim(0) - 1));                // (D, D)
        return matrix.fillDiagonal(0).square().sum().scale(1.0 / z.dim(1));
    }

    private static Tensor centred(Tensor z) {
        if (z.dim(0) < 2) {
            throw new IllegalArgumentException("an unbiased variance needs at least 2 rows, not " + z.dim(0));
        }
        return z.sub(z.mean(0));
    }

    /// Mean cross entropy with targets that are distributions: −1/N Σᵢ Σ_c tᵢ_c log softmax(xᵢ)_c.
    ///
    /// @param logits x (N, C)
    /// @param target t (N, C), rows of probabilities; gets no gradient
    public static Tensor softCrossEntropy(Tensor logits, Tensor target) {
        return logits.logSoftmax(1).mul(target.stopGradient()).sum().scale(-1.0 / logits.dim(0));
    }

    /// The loss of SwAV (Caron et al. 2020, [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 3.2) and of DINO
    /// (Caron et al. 2021, [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), Eq. 3): each view is to predict the
    /// target of every other view. The mean of [#softCrossEntropy] over all pairs of a target i and the logits of a
    /// view v ≠ i.
    ///
    /// @param logits  one (N, C) for each view; the views with a target come first
    /// @param targets one (N, C) for each of the first views, rows of probabilities; get no gradient
    /// @throws IllegalArgumentException if there is no pair, or a target too many
    public static Tensor acrossViews(List<Tensor> logits, List<Tensor> targets) {
        if (targets.isEmpty() || logits.size() < 2 || targets.size() > logits.size()) {
            throw new IllegalArgumentException("a prediction across views needs two views and a target for one to all "
                    + "of them, not " + logits.size() + " views and " + targets.size() + " targets");
        }
        Tensor total = logits.getFirst().device().zeros(Shape.of());
        for (int i = 0; i < targets.size(); i++) {
            for (int v = 0; v < logits.size(); v++) {
                if (v != i) total = total.add(softCrossEntropy(logits.get(v), targets.get(i)));
            }
        }
        return total.scale(1.0 / (targets.size() * (logits.size() - 1)));
    }

    /// Knowledge distillation (Hinton, Vinyals, Dean 2015, [arXiv:1503.02531](https://arxiv.org/abs/1503.02531);
    /// SimCLRv2, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Eq. 3):
    /// ```
    /// L = −1/N Σᵢ Σ_y softmax(teacherᵢ / τ)_y log softmax(studentᵢ / τ)_y
    /// ```
    /// Hinton's factor τ², which keeps gradients comparable between temperatures, is left to the caller.
    ///
    /// @param student     (N, C) logits
    /// @param teacher     (N, C) logits; gets no gradient
    /// @param temperature τ > 0
    public static Tensor distillation(Tensor student, Tensor teacher, double temperature) {
        requireTemperature(temperature);
        Tensor target = teacher.stopGradient().scale(1 / temperature).softmax(1);
        return softCrossEntropy(student.scale(1 / temperature), target);
    }

    /// Alignment of positive pairs (Wang and Isola 2020, [arXiv:2005.10242](https://arxiv.org/abs/2005.10242), Sec.
    /// 4.1.1): the mean of ‖xᵢ − yᵢ‖^α. Equal rows have gradient 0 for every α.
    ///
    /// @param x     (N, D), rows of unit length
    /// @param y     (N, D), rows of unit length
    /// @param alpha α > 0; 2 in the paper
    public static Tensor alignment(Tensor x, Tensor y, double alpha) {
        if (!(alpha > 0)) throw new IllegalArgumentException("alpha must be a number > 0 but is " + alpha);
        Tensor squared = x.sub(y).square().sum(1);                                           // (N, 1)
        if (alpha == 2) return squared.mean();
        Tensor floored = squared.clampMin(1e-30);                // ‖·‖ has no derivative at 0; the floor's is 0
        return (alpha == 1 ? floored.sqrt() : floored.log().scale(alpha / 2).exp()).mean();
    }

    /// Uniformity on the sphere (Wang and Isola 2020, Sec. 4.1.2):
    /// ```
    /// L = log mean_{i<j} exp(−t ‖xᵢ − xⱼ‖²)
    /// ```
    /// @param x (N, D), rows of unit length, N ≥ 2
    /// @param t > 0; 2 in the paper
    public static Tensor uniformity(Tensor x, double t) {
        int n = x.dim(0);
        if (n < 2) throw new IllegalArgumentException("uniformity is about pairs of rows and needs 2, not " + n);
        Tensor squares = x.square().sum(1);                                                  // (N, 1)
        Tensor columns = squares.reshape(1, n);
        Tensor distances = x.matmulT(x).scale(-2).add(squares).add(columns);                 // ‖xᵢ − xⱼ‖²  (N, N)
        Tensor exponents = distances.scale(-t).fillDiagonal(Double.NEGATIVE_INFINITY);       // i ≠ j
        return exponents.reshape(1, n * n).logSumExp(1).reshape(Shape.of()).plus(-Math.log((double) n * (n - 1)));
    }

    /// The KoLeo regulariser, which spreads points by their nearest neighbours (Sablayrolles, Douze, Schmid, Jégou
    /// 2019, [arXiv:1806.03198](https://arxiv.org/abs/1806.03198), Eq. 2):
    /// ```
    /// L = −1/N Σᵢ log(dᵢ + ε)      dᵢ = ‖uᵢ − u_nn(i) + ε‖      nn(i) = argmax_{j≠i} uᵢ · uⱼ
    /// u = x / max(‖x‖, ε)          ε = 1e-8
    /// ```
    /// ε inside the norm is added to every coordinate, as by the `PairwiseDistance` of DINOv2's code. The neighbours
    /// are constants, the first of equally near ones; gradients flow to both ends.
    ///
    /// @param x (N, D), N ≥ 2
    public static Tensor koLeo(Tensor x) {
        double epsilon = 1e-8;
        int n = x.dim(0);
        if (n < 2) throw new IllegalArgumentException("a nearest neighbour needs at least 2 rows, not " + n);
        Tensor u = normalize(x, epsilon), constant = u.stopGradient();
        Tensor similarity = constant.matmulT(constant).fillDiagonal(Double.NEGATIVE_INFINITY);  // (N, N), j ≠ i
        Tensor apart = u.sub(u.gather(Nearest.column(similarity))).plus(epsilon);               // uᵢ − u_nn(i) + ε
        return apart.square().sum(1).sqrt().plus(epsilon).log().mean().neg();
    }

    /// Alignment and uniformity together, as in lightly's HypersphereLoss: alignment(x, y, α) + λ (uniformity(x, t) +
    /// uniformity(y, t)) / 2 with x and y the rows of a and b, normalised.
    ///
    /// @param a (N, D) projections of one view, N ≥ 2
    /// @param b (N, D) projections of the other
    public static Tensor hypersphere(Tensor a, Tensor b, double alpha, double t, double lambda) {
        Tensor x = normalize(a), y = normalize(b);
        return alignment(x, y, alpha).add(uniformity(x, t).add(uniformity(y, t)).scale(lambda / 2));
    }

    /// The proximal term of instance discrimination (Wu et al. 2018,
    /// [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Sec. 3.3): λ times the mean of ‖vᵢ − oldᵢ‖².
    ///
    /// @param v      (N, D) features now
    /// @param old    (N, D) the same images' features an epoch ago
    /// @param lambda ≥ 0
    public static Tensor proximal(Tensor v, Tensor old, double lambda) {
        return v.sub(old).square().sum().scale(lambda / v.dim(0));
    }

    private static void requireTemperature(double temperature) {
        if (!(temperature > 0) || Double.isInfinite(temperature)) {
            throw new IllegalArgumentException("temperature must be a number > 0 but is " + temperature);
        }
    }
}
