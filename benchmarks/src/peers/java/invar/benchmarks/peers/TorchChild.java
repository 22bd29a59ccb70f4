package invar.benchmarks.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import invar.benchmarks.compare.CaseName;
import invar.benchmarks.compare.Child;
import invar.benchmarks.compare.Job;
import java.io.IOException;

/// libtorch's process in the comparison, through DJL. Argument: the number of threads, which OMP_NUM_THREADS and
/// MKL_NUM_THREADS must say too.
public final class TorchChild {

    private TorchChild() {}

    /// Serves.
    public static void main(String[] args) throws IOException {
        int threads = Integer.parseInt(args[0]);
        Engine engine = Engine.getEngine("PyTorch");
        JniUtils.setNumThreads(threads);
        // Gradients are recorded only where a job asks for them, as under torch.no_grad().
        JniUtils.setGradMode(false);
        String malloc = System.getenv("MALLOC_ARENA_MAX") == null ? "default malloc" : "tuned malloc";
        String who = "libtorch " + engine.getVersion() + " through DJL " + Engine.getDjlVersion() + ", "
                + JniUtils.getNumThreads() + " thread" + (threads > 1 ? "s" : "") + ", " + malloc;
        NDManager manager = NDManager.newBaseManager();
        Child.serve(who, name -> job(manager.newSubManager(), CaseName.of(name)));
    }

    private static Job job(NDManager manager, CaseName name) {
        return switch (name.what()) {
            case "sgemm" -> new TorchOps.Product(manager, name.size(0));
            case "cosine" -> new TorchLosses.Cosine(manager, name.size(0), name.size(1));
            case "ntxent" -> new TorchLosses.NtXent(manager, name.size(0), name.size(1));
            case "queue" -> new TorchLosses.Queue(manager, name.size(0), name.size(1), name.size(2));
            case "barlow" -> new TorchBarlow(manager, name.size(0), name.size(1), false);
            case "barlow-gram" -> new TorchBarlow(manager, name.size(0), name.size(1), true);
            case "conv-forward", "conv-dx", "conv-dw" -> new TorchConv(manager, name.what(), name.conv(), false);
            case "conv-forward-nhwc", "conv-dx-nhwc", "conv-dw-nhwc" ->
                    new TorchConv(manager, name.what().replace("-nhwc", ""), name.conv(), true);
            case "batchnorm" -> new TorchOps.Norm(manager, name.size(0), name.size(1), name.size(2));
            case "exp" -> new TorchOps.Pass(manager, name.size(0), (x, y) -> x.exp());
            case "relu" -> new TorchOps.Pass(manager, name.size(0), (x, y) -> x.getNDArrayInternal().relu());
            case "add" -> new TorchOps.Pass(manager, name.size(0), (x, y) -> x.add(y));
            case "sgd" -> new TorchOps.Sgd(manager, name.size(0));
            case "resnet" -> new TorchResNet(manager, name.size(0), name.size(1), name.size(2), false);
            case "resnet-nhwc" -> new TorchResNet(manager, name.size(0), name.size(1), name.size(2), true);
            default -> throw new IllegalArgumentException("no case is called " + name.what());
        };
    }
}
