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

    /// A tensor has fewer elements than this: 2³¹ − 64, as the longest array of Java is a little shorter than 2³¹.
    public static final int ELEMENTS = Integer.MAX_VALUE - 63;

    /// The same as a text.
    public static final String LIMIT = "2^31 - 64";

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
    /// @throws UserError if their product is [#ELEMENTS] or more
    public static void requireFits(String what, long... factors) {
        double product = product(factors);
        require(product < ELEMENTS, String.format(Locale.ROOT, "%s must be below %s but is %.0f.", what, LIMIT,
                product));
    }

    /// Refuses state that is too large for the memory of this program, too: its numbers are drawn or stored by way of
    /// the host, in 8 bytes each, whatever device they are for.
    ///
    /// @param what the factors by name, as in `queue × projection`
    /// @throws UserError if their product is [#ELEMENTS] or more, or so many numbers are larger than the whole heap
    public static void requireRoom(String what, long... factors) {
        requireFits(what, factors);
        double product = product(factors), bytes = product * Double.BYTES, heap = Runtime.getRuntime().maxMemory();
        require(bytes <= heap, String.format(Locale.ROOT, "%s is %.0f, which needs %.1f GiB, but this JVM may use "
                + "%.1f GiB: make one of them smaller, or give it more, e.g. SSL_JAVA_OPTS=-Xmx%.0fg.", what, product,
                bytes / 0x1p30, heap / 0x1p30, Math.ceil(2 * bytes / 0x1p30)));
    }

    /// The product, which cannot overflow.
    private static double product(long... factors) {
        double product = 1;
        for (long factor : factors) product *= factor;
        return product;
    }
}
