package invar.ssl;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.init.Init;
import java.util.Locale;

/// What a method is built for: the network it trains, and the sizes of the data and of the run.
///
/// @param encoder       f, the network to train
/// @param features      F, the width of its output
/// @param images        n, how many training images there are
/// @param classes       C, how many classes they have; 0 without labels
/// @param side          S, height and width of the encoder's images in pixels
/// @param batch         N, images a step
/// @param stepsPerEpoch steps in which all images are seen once
/// @param totalSteps    of the whole run
/// @param init          what heads and other parts are made from
public record Setup(Layer encoder, int features, int images, int classes, int side, int batch, long stepsPerEpoch,
        long totalSteps, Init init) {

    /// Persistent integers, zero at first, which a method fills in [SslMethod#beforeStep].
    public Tensor integers(int... extents) {
        Shape shape = Shape.of(extents);
        return init.device().persistent(() -> init.device().integers(shape, new int[(int) shape.elements()]));
    }

    /// Persistent numbers of the device's floating type, zero at first: buffers of a method.
    public Tensor zeros(int... extents) {
        return init.device().persistent(() -> init.device().zeros(Shape.of(extents)));
    }

    /// Refuses the settings of a run unless `rule` holds.
    ///
    /// @param message one sentence that names the option and the rule
    /// @throws UserError if it does not hold
    public static void require(boolean rule, String message) {
        if (!rule) throw new UserError(message);
    }

    /// Refuses a matrix with more elements than a tensor can have.
    ///
    /// @param what  the factors by name, as in `batch × images`
    /// @throws UserError if their product is 2³¹ or more
    public static void requireFits(String what, long... factors) {
        double product = 1;
        for (long factor : factors) product *= factor;
        require(product <= Integer.MAX_VALUE, String.format(Locale.ROOT,
                "%s must be below 2^31 but is %.0f.", what, product));
    }
}
