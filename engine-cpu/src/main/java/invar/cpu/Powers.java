package invar.cpu;

import static invar.cpu.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Powers of two for the softmaxes inside fused ops: with log₂ e in the scale of the logits these take half as many
/// instructions as [VectorMath#exp], which also has to bring every number into range.
final class Powers {

    /// The least exponent: 2⁻¹²⁶ is the smallest normal number.
    static final float LEAST = -126;

    /// 1.5 · 2²³: adding it rounds to an integer, which then lies in the low bits.
    private static final float ROUND = 0x1.8p23f;

    private Powers() {}

    /// 2^y for −126 ≤ y ≤ 127, with a relative error of 2e-7: a polynomial for 2^f, |f| ≤ ½, exact at 0, the exponent
    /// added to its bits. A NaN stays one if its lowest nine bits are zero, as are those of Float.NaN and of what the
    /// processor makes itself.
    static FloatVector two(FloatVector y) {
        FloatVector t = y.add(ROUND);
        FloatVector f = y.sub(t.sub(ROUND));
        FloatVector p = FloatVector.broadcast(SPECIES, 0.00132694072f);
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.00967129413f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.0555071123f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.240222469f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 0.693147004f));
        p = p.fma(f, FloatVector.broadcast(SPECIES, 1));
        IntVector exponent = t.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        return p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    }
}
