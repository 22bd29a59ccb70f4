package invar.cuda;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import invar.core.spi.Replay;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/// All launches of a step as one CUDA graph. Lives as long as its backend.
final class CudaReplay implements Replay, AutoCloseable {

    private final CUstream stream;
    private final CUgraphExec executable = new CUgraphExec();

    /// Records what `step` launches, and then launches it, once.
    CudaReplay(CUstream stream, Runnable step) {
        this.stream = stream;
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
        run();
    }

    @Override
    public void run() {
        Driver.check(cuGraphLaunch(executable, stream), "cuGraphLaunch");
    }

    @Override
    public void close() {
        cuGraphExecDestroy(executable);
    }
}
