package invar.ssl.check;

import invar.core.Device;

/// Computes one op of the golden set with the code that training uses.
///
/// Called once for each case, inside an open scope of the device; the tensors it makes die with that scope.
@FunctionalInterface
public interface GoldenOp {

    /// Feeds the inputs of `golden` to the op on `device` and puts every output into `out`.
    ///
    /// @throws RuntimeException if the op refuses the inputs or settings; the case then fails with its message
    void run(GoldenCase golden, Device device, Outputs out);
}
