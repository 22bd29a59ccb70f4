package invar.core;

import invar.core.fused.AdamUpdate;
import invar.core.fused.LarsUpdate;
import invar.core.fused.SgdUpdate;

/// Everything the engine can compute, as data: enums and records without behaviour of their own.
///
/// An op says what its outputs look like ([#infer]); a [invar.core.spi.Backend] says how they are computed; [Vjp] says
/// how they are differentiated. Both of the latter are exhaustive switches, so a new op breaks the build wherever it is
/// not handled yet.
///
/// Tensors are contiguous and row-major. Unless an op says otherwise, inputs and outputs have the floating type of the
/// device.
public sealed interface Op
        permits PointwiseOp, ReductionOp, ContractionOp, MovementOp, PoolingOp, Op.InPlace, Op.Fused {

    /// Output shapes for these input shapes: the one place where shapes are checked.
    ///
    /// @throws ShapeException if the inputs do not fit
    Shape[] infer(Shape... in);

    /// True if input `i` must be of type [DType#I32].
    default boolean integerInput(int i) {
        return false;
    }

    /// True if output `i` is of type [DType#I32].
    default boolean integerOutput(int i) {
        return false;
    }

    /// Where the output begins in the storage of the first input, in elements, if the output is a view of it; −1 if the
    /// output has memory of its own and a backend must fill it.
    default long viewOffset(Shape... in) {
        return -1;
    }

    /// Writes into its first [#written] inputs and has no outputs. Never recorded: the derivative of a tensor that an
    /// update has overwritten would be wrong.
    ///
    /// Every number that changes from step to step is an input tensor, not a field, so that a captured step can be
    /// replayed with new values.
    sealed interface InPlace extends Op permits UpdateOp, SgdUpdate, AdamUpdate, LarsUpdate {
        /// How many leading inputs are overwritten.
        int written();
    }

    /// An op that could be composed from others, but has kernels of its own.
    sealed interface Fused extends Op permits invar.core.fused.FusedOp {
        /// The same result from the other ops: the text to read and the oracle to test against. Also what runs on a
        /// backend that has no kernel for this op.
        Tensor[] reference(Tensor... in);

        /// Gradients for the inputs, null where there is none, given inputs, outputs and output gradients.
        /// `grad[0]` is never null; outputs after the first are values saved for this method, and nothing else may
        /// depend on them.
        Tensor[] vjp(Tensor[] in, Tensor[] out, Tensor[] grad);

        /// The op that runs in place of this one where a tape records it and the backend has a kernel for it: one with
        /// the same inputs and the same first output, which does more work now and less when it is differentiated.
        default Fused recorded() {
            return this;
        }
    }
}
