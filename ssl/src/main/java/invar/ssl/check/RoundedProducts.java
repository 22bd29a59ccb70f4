package invar.ssl.check;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.spi.Backend;
import invar.core.spi.ChangedFactors;
import invar.core.spi.Precision;
import invar.nn.io.StoredTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/// How far rounded factors of products may move the results of a golden case. The files' tolerances are for single
/// precision; a device that multiplies in TF32 or bfloat16 loses up to e = 2⁻¹¹ or 2⁻⁸ of each factor ([Precision]).
/// With y what the reference device computes in double, and δ how far y moves at most, anywhere in an output, when the
/// factors of each product and convolution behind it, of the backward pass too, are rounded so, or, in three more
/// tries, multiplied by 1 ± e at random, a slice of that output is allowed
/// ```
/// 4 (δ + e max |y|)      max |y| over the slice; nothing where δ = 0, as in ops without products
/// ```
/// more than the file says. δ is that of the whole output, and rounding itself is among the tries, because a ReLU near
/// zero that opens or closes moves one part of a network's gradient by much and others by nothing. Integers stay exact.
///
/// @param roundoff e
/// @param moved    δ of each output by name; 0 for those that are not there
record RoundedProducts(double roundoff, Map<String, Double> moved) {

    private static final double ROOM = 4;
    private static final int TRIES = 3;

    /// For single precision: nothing is allowed.
    static final RoundedProducts NONE = new RoundedProducts(0, Map.of());

    /// What is allowed to a case that a device computes in `precision`.
    ///
    /// @throws RuntimeException if the op refuses its inputs
    static RoundedProducts of(GoldenCase golden, GoldenOp op, Precision precision) {
        if (precision == Precision.FP32) return NONE;
        double e = precision.roundoff();
        Philox random = new Philox(17, 0);
        List<DoubleUnaryOperator> changes = new ArrayList<>();
        changes.add(factor -> precision.rounded((float) factor));
        for (int i = 0; i < TRIES; i++) changes.add(factor -> factor * (1 + random.uniform(-e, e)));

        Map<String, StoredTensor> exact = compute(golden, op, reference());
        Map<String, Double> moved = new HashMap<>();
        for (DoubleUnaryOperator change : changes) {
            compute(golden, op, new ChangedFactors(reference(), change)).forEach((name, y) ->
                    moved.merge(name, distance(y, exact.get(name)), Math::max));
        }
        return new RoundedProducts(e, moved);
    }

    private static Backend reference() {
        return Device.open("reference").backend();
    }

    private static Map<String, StoredTensor> compute(GoldenCase golden, GoldenOp op, Backend backend) {
        Outputs outputs = new Outputs();
        try (Device device = new Device("reference", backend); Scope _ = device.scope()) {
            op.run(golden, device, outputs);
        }
        return outputs.byName();
    }

    /// The largest difference of elements that belong together and are numbers; 0 for integers.
    private static double distance(StoredTensor one, StoredTensor other) {
        if (one.type() == StoredTensor.Type.I64) return 0;
        double[] a = one.doubles(), b = other.doubles();
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            if (Double.isFinite(a[i]) && Double.isFinite(b[i])) most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    /// What is allowed in addition to a slice of an output.
    ///
    /// @param size max |y| of the slice
    double allowed(String output, double size) {
        double most = moved.getOrDefault(output, 0.0);
        return most == 0 ? 0 : ROOM * (most + roundoff * size);
    }
}
