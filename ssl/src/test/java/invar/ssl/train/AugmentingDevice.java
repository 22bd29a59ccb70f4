package invar.ssl.train;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.fused.AugmentImages;
import invar.core.spi.Backend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.OptionalLong;

/// The reference backend as if it had a kernel for views.
final class AugmentingDevice {

    private AugmentingDevice() {}

    /// @param free bytes of its memory that are said to be free
    static Device of(long free) {
        return of(Device.open("reference").backend(), OptionalLong.of(free));
    }

    /// Any backend, with this kernel in addition.
    static Device of(Backend backend, OptionalLong free) {
        return new Device("tested", (Backend) Proxy.newProxyInstance(AugmentingDevice.class.getClassLoader(),
                new Class<?>[] {Backend.class}, (_, called, arguments) -> {
                    if (called.getName().equals("freeBytes")) return free;
                    if (called.getName().equals("supports")) return arguments[0] instanceof AugmentImages;
                    if (called.getName().equals("execute") && arguments[0] instanceof AugmentImages op) {
                        Tensor made = op.reference((Tensor[]) arguments[1])[0];
                        Ops.update(UpdateOp.Assign.COPY, ((Tensor[]) arguments[2])[0], made);
                        return null;
                    }
                    try {
                        return called.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
