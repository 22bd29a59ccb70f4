package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Op;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;

/// Another backend without its fused kernels: every fused op runs as the composition of primitive ops that defines it,
/// on the kernels of those. What a fused kernel gains is measured against this.
public record Composed(Backend backend) implements ForwardingBackend {

    /// The same device without fused kernels; closing either closes both.
    public static Device device(Device device) {
        return new Device(device.name() + " composed", new Composed(device.backend()));
    }

    @Override
    public boolean supports(Op.Fused op) {
        return false;
    }
}
