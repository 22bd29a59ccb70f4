package invar.ssl.probe;

import invar.core.Tensor;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/// RankMe: in how many directions embeddings extend. Garrido, Balestriero, Najman, LeCun, ICML 2023,
/// [arXiv:2210.02885](https://arxiv.org/abs/2210.02885), Eq. 1; the effective rank of Roy and Vetterli 2007.
/// ```
/// RankMe(Z) = exp(−Σₖ pₖ ln pₖ),     pₖ = σₖ / Σ σ + ε,     ε = 1e-7,     k = 1 … min(N, D)
/// ```
/// with the singular values σ of Z, which is neither centred nor normalised. It is 1 where all rows are multiples of
/// one, min(N, D) where all singular values are equal. A slow fall of the singular values still counts for much: noise
/// of a tenth of the largest in 63 other directions makes 53 out of 1.
///
/// Departures: the paper takes 25,600 images, this program those of a batch, so the measure is at most their number and
/// can be compared within a run alone; a matrix of zeros has rank 0, where the formula has 0/0.
public final class EffectiveRank {

    private static final double EPSILON = 1e-7;

    private EffectiveRank() {}

    /// The effective rank, from 1 to min(N, D); 0 if z is 0; NaN if one of its numbers is not finite.
    ///
    /// @param z Z (N, D)
    public static double of(Tensor z) {
        int n = z.dim(0), d = z.size() / n;
        double[] values = z.doubles();
        for (double value : values) {
            if (!Double.isFinite(value)) return Double.NaN;
        }
        SingularValueDecomposition_F64<DMatrixRMaj> svd = DecompositionFactory_DDRM.svd(n, d, false, false, true);
        if (!svd.decompose(new DMatrixRMaj(n, d, true, values))) return Double.NaN;
        double[] sigma = svd.getSingularValues();
        int count = svd.numberOfSingularValues();
        double sum = 0, entropy = 0;
        for (int k = 0; k < count; k++) sum += sigma[k];
        if (sum == 0) return 0;
        for (int k = 0; k < count; k++) {
            double p = sigma[k] / sum + EPSILON;
            entropy -= p * Math.log(p);
        }
        return Math.exp(entropy);
    }
}
