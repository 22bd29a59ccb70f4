package invar.core.spi;

import java.util.Locale;

/// How precisely the factors of matrix products and convolutions are multiplied, and of the fused losses that hold such
/// products. Tensors hold, and sums are kept in, 32 bits throughout; all other ops compute with them.
public enum Precision {
    /// IEEE single precision: 24 bits of significand.
    FP32(24),
    /// TensorFloat-32: factors are rounded to 11 bits of significand, with the range of single precision.
    TF32(11),
    /// bfloat16: factors are rounded to 8 bits of significand, with the range of single precision.
    BF16(8);

    private final int bits;

    Precision(int bits) {
        this.bits = bits;
    }

    /// The unit roundoff of a factor: half the distance from 1 to the next number.
    public double roundoff() {
        return Math.scalb(1.0, -bits);
    }

    /// A finite factor as tensor cores take it: [#TF32] with ties away from zero, [#BF16] with ties to even.
    public float rounded(float factor) {
        int bits = Float.floatToRawIntBits(factor);
        return switch (this) {
            case FP32 -> factor;
            case TF32 -> Float.intBitsToFloat(bits + 0x1000 & ~0x1FFF);
            case BF16 -> Float.intBitsToFloat(bits + 0x7FFF + (bits >> 16 & 1) & ~0xFFFF);
        };
    }

    /// As a user writes it: `fp32`, `tf32`, `bf16`.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
