package invar.core.testkit;

import invar.core.Op;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.core.spi.Backend;
import invar.core.spi.ForwardingBackend;
import invar.core.spi.Replay;
import java.util.ArrayList;
import java.util.List;

/// Another backend, whose captured steps are what those of a GPU are: while one is captured, its ops are written down
/// with their tensors and not done, and a replay does them again in order, without any of the code that asked for them.
/// So what a step takes from the host (a number in an op, a choice by `if`) stays as it was when it was captured, and
/// what it reads from tensors is new.
///
/// Before every run all outputs are made NaN, so that a step which needs something from outside that was not kept for
/// it gives NaN.
public final class RecordingBackend implements ForwardingBackend {

    private record Call(Op op, Tensor[] in, Tensor[] out) {}

    private final Backend backend;
    private List<Call> recording;                        // null: ops are done
    private int captured, replayed;

    /// @param backend that does the ops; closed with this one
    public RecordingBackend(Backend backend) {
        this.backend = backend;
    }

    /// How many steps were captured.
    public int captured() {
        return captured;
    }

    /// How often recordings were run again.
    public int replayed() {
        return replayed;
    }

    @Override
    public boolean replays() {
        return true;
    }

    @Override
    public Replay capture(Runnable step) {
        List<Call> calls = new ArrayList<>();
        recording = calls;
        try {
            step.run();
        } finally {
            recording = null;
        }
        captured++;
        run(calls);
        return () -> {
            replayed++;
            run(calls);
        };
    }

    private void run(List<Call> calls) {
        for (Call call : calls) {
            for (Tensor out : call.out) {
                if (!out.dtype().floating()) continue;
                backend.execute(new UpdateOp.Fill(Double.NaN), new Tensor[] {out}, new Tensor[0]);
            }
        }
        for (Call call : calls) backend.execute(call.op, call.in, call.out);
    }

    @Override
    public void execute(Op op, Tensor[] in, Tensor[] out) {
        if (recording != null) recording.add(new Call(op, in.clone(), out.clone()));
        else backend.execute(op, in, out);
    }

    @Override
    public Backend backend() {
        return backend;
    }
}
