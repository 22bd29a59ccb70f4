package invar.cuda;

import static jcuda.driver.JCudaDriver.cuGraphDestroy;
import static jcuda.driver.JCudaDriver.cuGraphExecDestroy;
import static jcuda.driver.JCudaDriver.cuGraphInstantiate;
import static jcuda.driver.JCudaDriver.cuGraphLaunch;
import static jcuda.driver.JCudaDriver.cuStreamBeginCapture;
import static jcuda.driver.JCudaDriver.cuStreamEndCapture;

import invar.core.spi.Replay;
import java.lang.ref.Cleaner;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;

/// All launches of a step as one CUDA graph.
final class CudaReplay implements Replay {

    private static final Cleaner CLEANER = Cleaner.create();

    private final CUstream stream;
    private final CUgraphExec executable = new CUgraphExec();

    /// Records what `step` launches, and then launches it, once.
    CudaReplay(CUstream stream, Runnable step) {
        this.stream = stream;
        CUgraph graph = new CUgraph();
        Driver.check(cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        int ended;
        try {
            step.run();
        } finally {
            ended = cuStreamEndCapture(stream, graph);          // whatever happened: the stream must leave this mode
        }
        Driver.check(ended, "cuStreamEndCapture");
        Driver.check(cuGraphInstantiate(executable, graph, 0), "cuGraphInstantiate");
        Driver.check(cuGraphDestroy(graph), "cuGraphDestroy");
        CUgraphExec mine = executable;
        CLEANER.register(this, () -> cuGraphExecDestroy(mine));
        run();
    }

    @Override
    public void run() {
        Driver.check(cuGraphLaunch(executable, stream), "cuGraphLaunch");
    }
}
