package invar.nn;

import invar.core.Tensor;

/// A function of one tensor with parameters of its own.
///
/// A layer is a record, and its parameters are the tensors among its components, or among those of the records, lists
/// and optionals in its components: [Modules] finds, names and copies them. A layer without parameters may also be an
/// enum. The engine differentiates a layer because it computes with tensor operations; there is no backward method.
public interface Layer {

    /// The layer's value at `x`. In [Mode#TRAIN] it may also move running statistics, in place.
    ///
    /// @throws IllegalArgumentException if the shape of `x` does not fit
    Tensor apply(Tensor x, Mode mode);
}
