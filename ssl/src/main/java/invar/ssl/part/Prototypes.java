package invar.ssl.part;

import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Linear;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import java.util.List;
import java.util.Map;

/// Directions that samples are compared with, trained like any other weight (SwAV, Caron et al. 2020,
/// [arXiv:2006.09882](https://arxiv.org/abs/2006.09882), Sec. 3.1):
/// ```
/// scores = z Cᵀ
/// ```
/// With rows of z and of C of unit length the scores are cosines. The optimizer does not keep the length of C's rows,
/// so [#normalize] is called at the start of every step, as in the official code.
///
/// @param weight C (K, D), one prototype a row
public record Prototypes(Tensor weight) {

    /// Fresh ones, uniform in ±1/√D as PyTorch's linear layers are.
    ///
    /// @param features D
    /// @param count    K
    /// @throws invar.ssl.UserError if there are fewer images than prototypes
    public static Prototypes of(Setup setup, int features, int count) {
        Setup.require(count <= setup.images(), "The setting prototypes is " + count
                + ", but it must be at most the number of training images, which is " + setup.images() + ".");
        return new Prototypes(Linear.of(setup.init().at("prototypes"), features, count, false).weight());
    }

    /// The similarity of each sample to each prototype.
    ///
    /// @param z (N, D), rows of unit length
    /// @return (N, K)
    public Tensor scores(Tensor z) {
        return z.matmulT(weight);
    }

    /// The same as a constant for differentiation.
    public Tensor constantScores(Tensor z) {
        return z.stopGradient().matmulT(weight.stopGradient());
    }

    /// All parameters in two groups: these, left alone for the first steps so that they begin over features
    /// that are no longer random, and the others.
    ///
    /// @param all    by name, these among them
    /// @param frozen for how many steps
    public List<ParameterGroup> groups(Map<String, Tensor> all, long frozen) {
        return List.of(ParameterGroup.of(ParameterGroup.choose(all, (name, tensor) -> tensor != weight)),
                ParameterGroup.of(ParameterGroup.choose(all, (name, tensor) -> tensor == weight)).frozenFor(frozen));
    }

    /// C ← C with rows of unit length. Outside of what a tape records.
    public void normalize() {
        Ops.update(UpdateOp.Assign.COPY, weight, Losses.normalize(weight));
    }
}
