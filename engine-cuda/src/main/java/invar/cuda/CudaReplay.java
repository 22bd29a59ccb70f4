package invar.cuda;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import invar.core.spi.Replay;
import invar.core.spi.Storage;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/// All launches of a step as one CUDA graph. Lives as long as its backend, or until it is closed.
final class CudaReplay implements Replay {

    private final Gpu gpu;
    private final CUstream stream;
    private final CUgraphExec executable = new CUgraphExec();
    private final Set<Storage> used;                            // whose addresses the graph holds: so not freed
    private boolean closed;

    /// Records what `step` launches, and then launches it, once.
    ///
    /// @param used filled by the step with the memory that it uses
    CudaReplay(Gpu gpu, Runnable step, Set<Storage> used) {
        this.gpu = gpu;
        this.stream = gpu.stream();
        this.used = used;
        CUgraph graph = new CUgraph();
        Driver.check(cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        boolean recorded = false;
        try {
            step.run();
            recorded = true;
        } finally {                                             // whatever happened: the stream must leave this mode
            int ended = cuStreamEndCapture(stream, graph);
            if (!recorded && ended == 0) cuGraphDestroy(graph);
            if (recorded) Driver.check(ended, "cuStreamEndCapture");
        }
        int status = cuGraphInstantiate(executable, graph, 0);
        cuGraphDestroy(graph);
        Driver.check(status, "cuGraphInstantiate");
        try {
            run();
        } catch (RuntimeException e) {
            cuGraphExecDestroy(executable);
            throw e;
        }
    }

    /// An empty set, by identity.
    static Set<Storage> nothing() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    @Override
    public void run() {
        if (closed) throw new IllegalStateException("the captured step was closed");
        gpu.enter();
        Driver.check(cuGraphLaunch(executable, stream), "cuGraphLaunch");
    }

    @Override
    public void close() {
        if (closed) return;
        closed = true;
        gpu.enter();
        cuStreamSynchronize(stream);                            // it may be under way
        cuGraphExecDestroy(executable);
        used.clear();
    }

    boolean uses(Storage storage) {
        return used.contains(storage);
    }

    boolean closed() {
        return closed;
    }
}
