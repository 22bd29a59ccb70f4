package invar.core;

import java.util.Arrays;

/// Thrown when the inputs of an op do not fit together. The message names the op, all shapes and the broken rule.
public final class ShapeException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    /// For example `MatMul[…] on [(2, 3), (2, 3)]: inner extents differ: 3 != 2`.
    public ShapeException(Op op, Shape[] in, String rule) {
        super(op + " on " + Arrays.toString(in) + ": " + rule);
    }
}
