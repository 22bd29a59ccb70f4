package invar.nn;

import invar.core.ContractionOp;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import java.util.Optional;

/// A two-dimensional convolution ([ContractionOp.Conv2d] has the formula): x (N, C, H, W), y (N, O, H', W').
///
/// @param weight   (O, C/groups, kh, kw)
/// @param bias     (O), or absent
/// @param geometry stride, padding, dilation, each (vertical, horizontal), and groups
public record Conv2d(Tensor weight, Optional<Tensor> bias, ContractionOp.Conv2d geometry) implements Layer {

    public Conv2d {
        if (weight.shape().rank() != 4) {
            throw new IllegalArgumentException(
                    "the weight of a convolution is (out, in / groups, height, width), not " + weight.shape());
        }
        Tensor w = weight;
        bias.ifPresent(b -> Linear.checkBias(b, w.dim(0)));
    }

    /// The convolution of residual networks: square, without bias, weights normal with variance 2 / (O kh kw).
    public static Conv2d of(Init init, int in, int out, int kernel, int stride, int padding) {
        Shape shape = Shape.of(out, in, kernel, kernel);
        return new Conv2d(init.tensor("weight", Initializer.KAIMING_FAN_OUT, shape), Optional.empty(),
                ContractionOp.Conv2d.of(stride, padding));
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        Tensor y = x.conv2d(weight, geometry);
        return bias.isPresent() ? y.add(bias.get().reshape(-1, 1, 1)) : y;
    }
}
