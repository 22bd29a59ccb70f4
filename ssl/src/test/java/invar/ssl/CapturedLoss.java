package invar.ssl;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.reference.ReferenceBackend;
import invar.core.spi.Replay;
import invar.core.testkit.RecordingBackend;
import java.util.function.UnaryOperator;

/// A loss and its gradient as a step that is captured over some numbers and replayed over others.
public final class CapturedLoss {

    private CapturedLoss() {}

    /// The loss of `then`, and its gradient, by a recording of that of `first`.
    ///
    /// @throws IllegalStateException if the loss asks the host for something
    public static double[] replayed(UnaryOperator<Tensor> loss, Shape shape, double[] first, double[] then) {
        try (Device device = new Device("recording", new RecordingBackend(new ReferenceBackend()))) {
            Tensor x = device.persistent(() -> device.tensor(shape, first));
            Tensor value = device.persistent(() -> device.scalar(0)), dx = device.persistent(() -> device.zeros(shape));
            try (Scope scope = device.scope()) {
                Runnable step = () -> {
                    scope.reset();
                    try (Tape tape = Tape.watching(x)) {
                        Tensor now = loss.apply(x);
                        Ops.update(UpdateOp.Assign.COPY, dx, tape.gradients(now).of(x));
                        Ops.update(UpdateOp.Assign.COPY, value, now);
                    }
                };
                step.run();
                try (Replay replay = device.capture(step)) {
                    x.upload(then);
                    replay.run();
                }
            }
            return joined(value, dx);
        }
    }

    /// The same op by op.
    public static double[] direct(UnaryOperator<Tensor> loss, Shape shape, double[] values) {
        try (Device device = Device.open("reference")) {
            Tensor x = device.tensor(shape, values);
            try (Tape tape = Tape.watching(x)) {
                Tensor now = loss.apply(x);
                return joined(now, tape.gradients(now).of(x));
            }
        }
    }

    private static double[] joined(Tensor value, Tensor dx) {
        double[] all = new double[1 + dx.size()];
        all[0] = value.item();
        System.arraycopy(dx.doubles(), 0, all, 1, dx.size());
        return all;
    }
}
