package invar.nn;

import invar.core.Tensor;
import invar.nn.init.Init;
import java.util.Optional;

/// A normalisation with a scale γ and a shift β for each channel, axis 1 of x (N, C, …), optionally followed by ReLU.
public sealed interface Norm extends Layer permits BatchNorm, SplitBatchNorm, GroupNorm {

    /// Makes the normalisations of a network.
    @FunctionalInterface
    interface Maker {
        /// A fresh one over so many channels, without ReLU.
        Norm make(Init init, int channels);
    }

    /// γ (C), if there is one.
    Optional<Tensor> weight();

    /// The same layer, over the same tensors, followed by ReLU.
    Norm withRelu();

    /// y + residual, with ReLU max(y + residual, 0): the end of a residual block. The residual is shaped as x.
    Tensor apply(Tensor x, Tensor residual, Mode mode);
}
