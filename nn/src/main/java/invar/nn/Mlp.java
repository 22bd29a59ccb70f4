package invar.nn;

import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A multi-layer perceptron: projection and prediction heads. x (N, in), y (N, out).
///
/// @param layers at least one
public record Mlp(List<Stage> layers) implements Layer {

    /// One layer: linear, then batch norm and an activation where there are any.
    public record Stage(Linear linear, Optional<BatchNorm> norm, Optional<Activation> activation) implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            Tensor y = linear.apply(x, mode);
            if (norm.isPresent()) y = norm.get().apply(y, mode);
            return activation.isPresent() ? activation.get().apply(y, mode) : y;
        }
    }

    /// What a head is made of. [#of] gives hidden layers of Linear (no bias), batch norm, ReLU, and a last Linear with
    /// bias and nothing after it; the other methods change one thing each.
    ///
    /// @param widths     input, hidden layers, output
    /// @param hiddenBias whether the hidden linear layers have a bias
    /// @param hiddenNorm the batch norm of the hidden layers, or none
    /// @param activation of the hidden layers
    /// @param outputBias whether the last linear layer has a bias
    /// @param outputNorm the batch norm after the last linear layer, or none
    /// @param weights    of the linear layers, whose biases then are 0; absent: PyTorch's default for both
    public record Spec(
            List<Integer> widths,
            boolean hiddenBias,
            Optional<BatchNorm.Affine> hiddenNorm,
            Activation activation,
            boolean outputBias,
            Optional<BatchNorm.Affine> outputNorm,
            Optional<Initializer> weights) {

        public Spec {
            widths = List.copyOf(widths);
            if (widths.size() < 2) {
                throw new IllegalArgumentException(
                        "a head needs at least the widths of its input and output: " + widths);
            }
            for (int width : widths) {
                if (width < 1) throw new IllegalArgumentException("the widths of a head must be at least 1: " + widths);
            }
        }

        /// Input, hidden layers, output.
        public static Spec of(Integer... widths) {
            Optional<BatchNorm.Affine> norm = Optional.of(BatchNorm.Affine.SCALE_AND_SHIFT);
            return new Spec(
                    List.of(widths), false, norm, Activation.RELU, true, Optional.empty(), Optional.empty());
        }

        public Spec withHiddenBias(boolean bias) {
            return new Spec(widths, bias, hiddenNorm, activation, outputBias, outputNorm, weights);
        }

        public Spec withHiddenNorm(BatchNorm.Affine norm) {
            return new Spec(widths, hiddenBias, Optional.of(norm), activation, outputBias, outputNorm, weights);
        }

        public Spec withoutHiddenNorm() {
            return new Spec(widths, hiddenBias, Optional.empty(), activation, outputBias, outputNorm, weights);
        }

        public Spec withActivation(Activation hidden) {
            return new Spec(widths, hiddenBias, hiddenNorm, hidden, outputBias, outputNorm, weights);
        }

        public Spec withOutputBias(boolean bias) {
            return new Spec(widths, hiddenBias, hiddenNorm, activation, bias, outputNorm, weights);
        }

        public Spec withOutputNorm(BatchNorm.Affine norm) {
            return new Spec(widths, hiddenBias, hiddenNorm, activation, outputBias, Optional.of(norm), weights);
        }

        public Spec withWeights(Initializer initializer) {
            return new Spec(
                    widths, hiddenBias, hiddenNorm, activation, outputBias, outputNorm, Optional.of(initializer));
        }
    }

    public Mlp {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) throw new IllegalArgumentException("a head needs at least one layer");
    }

    /// A fresh head.
    public static Mlp of(Init init, Spec spec) {
        List<Stage> layers = new ArrayList<>();
        int last = spec.widths.size() - 2;
        for (int i = 0; i <= last; i++) {
            Init at = init.at("layers").at(i);
            int in = spec.widths.get(i), out = spec.widths.get(i + 1);
            boolean bias = i < last ? spec.hiddenBias : spec.outputBias;
            Linear linear = spec.weights.isPresent()
                    ? Linear.of(at.at("linear"), in, out, bias, spec.weights.get())
                    : Linear.of(at.at("linear"), in, out, bias);
            Optional<BatchNorm> norm = (i < last ? spec.hiddenNorm : spec.outputNorm)
                    .map(affine -> BatchNorm.of(at.at("norm"), out, affine));
            Optional<Activation> activation = i < last ? Optional.of(spec.activation) : Optional.empty();
            if (norm.isPresent() && activation.equals(Optional.of(Activation.RELU))) {
                norm = norm.map(BatchNorm::withRelu);                     // one pass instead of two
                activation = Optional.empty();
            }
            layers.add(new Stage(linear, norm, activation));
        }
        return new Mlp(layers);
    }

    /// SimCLR's projection head (google-research/simclr, model_util.py): no biases, batch norm after every layer, and
    /// no shift in the last one.
    ///
    /// Departure: the linear layers start as PyTorch's do. The official ones are normal with deviation 0.01, smaller by
    /// 5 for 128 inputs, and so turn faster at the same learning rate under plain SGD.
    public static Mlp simClr(Init init, Integer... widths) {
        return of(init, Spec.of(widths).withOutputBias(false).withOutputNorm(BatchNorm.Affine.SCALE));
    }

    /// The first layers of this head, over the same tensors; 0 is not a head. SimCLR v2 fine-tunes from the middle.
    public Mlp first(int count) {
        return new Mlp(layers.subList(0, count));
    }

    /// Width of the output.
    public int features() {
        return layers.getLast().linear.weight().dim(0);
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor y = x;
        for (Stage layer : layers) y = layer.apply(y, mode);
        return y;
    }
}
