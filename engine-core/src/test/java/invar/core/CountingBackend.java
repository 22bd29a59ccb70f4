package invar.core;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.Storage;
import invar.core.testkit.OpKinds;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// The reference backend, with a list of the ops that it was asked for.
final class CountingBackend implements Backend {

    final List<String> executed = new ArrayList<>();
    private final ReferenceBackend reference = new ReferenceBackend();

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        executed.add(OpKinds.of(op));
        reference.execute(op, in, out);
    }

    @Override
    public DType floating() {
        return reference.floating();
    }

    @Override
    public Storage allocate(DType type, long elements) {
        return reference.allocate(type, elements);
    }

    @Override
    public void upload(MemorySegment host, Storage to, DType type, long offset) {
        reference.upload(host, to, type, offset);
    }

    @Override
    public void download(Storage from, DType type, long offset, MemorySegment host) {
        reference.download(from, type, offset, host);
    }

    @Override
    public boolean supports(Op.Fused op) {
        return reference.supports(op);
    }

    @Override
    public void close() {
        reference.close();
    }
}
