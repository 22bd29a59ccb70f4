package invar.benchmarks;

import invar.core.Op;
import invar.core.Tensor;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;

/// A backend with a mistake: the results of all its ops but the updates by a constant are off by a thousandth.
record OffByALittle(Backend backend) implements ForwardingBackend {

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        backend.execute(op, in, out);
        Tensor[] written = op instanceof Op.InPlace ? new Tensor[] {in[0]} : out;
        if (op instanceof invar.core.UpdateOp) return;
        for (Tensor tensor : written) {
            if (!tensor.dtype().floating() || op.viewOffset(shapes(in)) >= 0) continue;
            float[] values = tensor.floats();
            for (int i = 0; i < values.length; i++) values[i] *= 1.001f;
            tensor.upload(values);
        }
    }

    private static invar.core.Shape[] shapes(Tensor[] in) {
        invar.core.Shape[] shapes = new invar.core.Shape[in.length];
        for (int i = 0; i < in.length; i++) shapes[i] = in[i].shape();
        return shapes;
    }
}
