package invar.benchmarks.compare;

import invar.benchmarks.work.BarlowWork;
import invar.benchmarks.work.BatchNormWork;
import invar.benchmarks.work.Composed;
import invar.benchmarks.work.ConvWork;
import invar.benchmarks.work.CosineWork;
import invar.benchmarks.work.MatMulWork;
import invar.benchmarks.work.NtXentWork;
import invar.benchmarks.work.OptimizerWork;
import invar.benchmarks.work.Pass;
import invar.benchmarks.work.PointwiseWork;
import invar.benchmarks.work.QueueWork;
import invar.benchmarks.work.ResNetStepWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import java.io.IOException;

/// This project's process in the comparison. Arguments: the number of threads, and `fused` or `composed`.
public final class OurChild {

    private OurChild() {}

    /// Serves.
    public static void main(String[] args) throws IOException {
        int threads = Integer.parseInt(args[0]);
        Device cpu = Device.open("cpu", new DeviceOptions(threads, 0));
        Device device = args[1].equals("composed") ? Composed.device(cpu) : cpu;
        Child.serve("Invar, Java " + Runtime.version(), name -> {
            if (name.startsWith("ceiling-")) return Ceilings.job(name, threads);
            CaseName parts = CaseName.of(name);
            return new WorkloadJob(workload(parts, device), parts.training());
        });
    }

    /// The computation of this name.
    ///
    /// @throws IllegalArgumentException if there is none
    public static Workload workload(CaseName name, Device device) {
        int n = name.size(0);
        return switch (name.what()) {
            case "sgemm" -> new MatMulWork(device, n, n, n);
            case "cosine" -> new CosineWork(device, n, n, name.size(1), Pass.FORWARD);
            case "ntxent" -> new NtXentWork(device, n, name.size(1), Pass.BOTH);
            case "queue" -> new QueueWork(device, n, name.size(1), name.size(2), Pass.BOTH);
            case "barlow" -> new BarlowWork(device, n, name.size(1), Pass.BOTH);
            case "conv-forward" -> new ConvWork(device, name.conv(), ConvWork.Which.FORWARD);
            case "conv-dx" -> new ConvWork(device, name.conv(), ConvWork.Which.INPUT_GRAD);
            case "conv-dw" -> new ConvWork(device, name.conv(), ConvWork.Which.WEIGHT_GRAD);
            case "batchnorm" -> new BatchNormWork(device, n, name.size(1), name.size(2), Pass.BOTH);
            case "exp" -> new PointwiseWork(device, PointwiseWork.Kind.EXP, n);
            case "relu" -> new PointwiseWork(device, PointwiseWork.Kind.RELU, n);
            case "add" -> new PointwiseWork(device, PointwiseWork.Kind.ADD, n);
            case "sgd" -> new OptimizerWork(device, OptimizerWork.Kind.SGD, n);
            case "resnet" -> new ResNetStepWork(device, n, name.size(1), name.size(2));
            default -> throw new IllegalArgumentException("no case is called " + name.what());
        };
    }

    /// Where a call moves what it works on, the first two calls give the sample, and the guard follows.
    private record WorkloadJob(Workload workload, boolean training) implements Job {
        @Override
        public float[] sample() {
            if (!training) return some(workload.guard());
            float[] sample = CaseName.joined(some(workload.call()), some(workload.call()));
            workload.guard();
            return sample;
        }

        private static float[] some(Tensor[] out) {
            float[][] some = new float[out.length][];
            for (int i = 0; i < out.length; i++) some[i] = CaseName.spread(out[i].floats());
            return CaseName.joined(some);
        }

        @Override
        public void call() {
            workload.call();
        }

        @Override
        public void close() {
            workload.close();
        }
    }
}
