package invar.ssl.part;

import invar.core.Tensor;
import invar.ssl.Losses;

/// That two views of an image should be classified alike, whatever its class.
public final class Consistency {

    private Consistency() {}

    /// The consistency cost of the Π-model (Laine and Aila 2017, [arXiv:1610.02242](https://arxiv.org/abs/1610.02242),
    /// Algorithm 1) and of Mean Teacher (Tarvainen and Valpola 2017,
    /// [arXiv:1703.01780](https://arxiv.org/abs/1703.01780), Sec. 2), the mean over images and classes:
    /// ```
    /// 1/(N C) Σᵢ Σ_c (softmax(zᵢ)_c − softmax(z'ᵢ)_c)²
    /// ```
    /// @param student z (N, C) logits
    /// @param teacher z' (N, C) logits of the same images; get no gradient
    public static Tensor squaredError(Tensor student, Tensor teacher) {
        return Losses.meanSquaredError(student.softmax(1), teacher.stopGradient().softmax(1));
    }
}
