package invar.core;

import invar.core.reference.ReferenceBackend;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;
import invar.core.testkit.OpKinds;
import java.util.ArrayList;
import java.util.List;

/// The reference backend, with a list of the ops that it was asked for.
final class CountingBackend implements ForwardingBackend {

    final List<String> executed = new ArrayList<>();
    private final ReferenceBackend reference = new ReferenceBackend();

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        executed.add(OpKinds.of(op));
        reference.execute(op, in, out);
    }

    @Override
    public Backend backend() {
        return reference;
    }
}
