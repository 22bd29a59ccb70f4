package invar.ssl.train;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.AugmentImages;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;
import java.util.OptionalLong;

/// The reference backend as if it had a kernel for views.
final class AugmentingDevice {

    /// Any backend that says that so much of its memory is free.
    private record Sized(Backend backend, OptionalLong freeBytes) implements ForwardingBackend {}

    private record Augmenting(Backend backend) implements ForwardingBackend {

        @Override
        public boolean supports(Op.Fused op) {
            return op instanceof AugmentImages;
        }

        @Override
        public void execute(Op op, Tensor[] in, Tensor[] out) {
            if (op instanceof AugmentImages augment) {
                Ops.update(UpdateOp.Assign.COPY, out[0], augment.reference(in)[0]);
            } else {
                backend.execute(op, in, out);
            }
        }
    }

    private AugmentingDevice() {}

    /// @param free bytes of its memory that are said to be free
    static Device of(long free) {
        return over(Device.open("reference").backend(), free);
    }

    /// Over another backend.
    static Device over(Backend backend, long free) {
        return sized(new Augmenting(backend), OptionalLong.of(free));
    }

    /// The same without a word about its memory.
    static Device silent() {
        return sized(new Augmenting(Device.open("reference").backend()), OptionalLong.empty());
    }

    /// Any backend.
    ///
    /// @param free bytes of its memory that are said to be free
    static Device sized(Backend backend, OptionalLong free) {
        return new Device("tested", new Sized(backend, free));
    }
}
