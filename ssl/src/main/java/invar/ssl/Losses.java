package invar.ssl;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.fused.NtXent;

/// The losses of self-supervised learning, one static method each: tensors in, a scalar in nats or squared units out.
/// Rows are samples, columns features. Every loss is differentiable in each argument unless it says otherwise.
public final class Losses {

    private Losses() {}

    /// SimCLR's normalised temperature-scaled cross entropy, the mean over the 2N rows; formula and source: [NtXent].
    ///
    /// @param z           (2N, D) projections, rows i and i + N are two views of one image
    /// @param temperature τ > 0
    public static Tensor ntXent(Tensor z, double temperature) {
        return Ops.run(new NtXent(temperature), z);
    }
}
