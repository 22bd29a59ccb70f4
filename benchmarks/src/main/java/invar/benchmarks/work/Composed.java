package invar.benchmarks.work;

import invar.core.DType;
import invar.core.Device;
import invar.core.Op;
import invar.core.Tensor;
import invar.core.spi.Backend;
import invar.core.spi.Precision;
import invar.core.spi.Replay;
import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;

/// Another backend without its fused kernels: every fused op runs as the composition of primitive ops that defines it,
/// on the kernels of those. What a fused kernel gains is measured against this.
public record Composed(Backend backend) implements Backend {

    /// The same device without fused kernels; closing either closes both.
    public static Device device(Device device) {
        return new Device(device.name() + " composed", new Composed(device.backend()));
    }

    @Override
    public boolean supports(Op.Fused op) {
        return false;
    }

    @Override
    public Precision precision() {
        return backend.precision();
    }

    @Override
    public DType floating() {
        return backend.floating();
    }

    @Override
    public Storage allocate(DType type, long elements) {
        return backend.allocate(type, elements);
    }

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        backend.upload(host, to, type, offset);
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        backend.download(from, type, offset, host);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        backend.execute(op, in, out);
    }

    @Override
    public void synchronize() {
        backend.synchronize();
    }

    @Override
    public Replay capture(Runnable step) {
        return backend.capture(step);
    }

    @Override
    public void close() {
        backend.close();
    }
}
