package invar.benchmarks.gpu;

import invar.benchmarks.compare.CaseName;
import invar.benchmarks.compare.OurChild;
import invar.benchmarks.work.Composed;
import invar.benchmarks.work.CopyWork;
import invar.benchmarks.work.EmaWork;
import invar.benchmarks.work.NormalizeWork;
import invar.benchmarks.work.OptimizerWork;
import invar.benchmarks.work.SimClrStepWork;
import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.Tensor;
import invar.core.spi.Backend;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.cuda.CudaBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/// One case in one of our forms, on a device of its own, so that its memory can be told from that of others.
final class GpuJob implements AutoCloseable {

    private final CaseName name;
    private final Device opened;
    private final Workload workload;
    private final Clock clock;
    private final long before;                       // bytes that the device held at most when nothing was computed yet
    private Runnable call;

    /// @param device as [Device#open] takes it
    /// @param form   of [GpuCases]
    GpuJob(CaseName name, String form, Precision precision, String device) {
        this.name = name;
        this.opened = Device.open(device, new DeviceOptions(DeviceOptions.DEFAULT.threads(), 0, precision,
                GpuCases.own(form) ? Set.of("cublas", "cudnn") : Set.of()));
        Clock ticking = null;
        Workload work = null;
        try {
            ticking = Clock.of(opened);
            before = peak().orElse(0);
            work = workload(name, form.equals(GpuCases.COMPOSED) ? Composed.device(opened) : opened);
        } catch (RuntimeException | Error e) {
            if (ticking != null) ticking.close();
            opened.close();
            throw e;
        }
        this.clock = ticking;
        this.workload = work;
        this.call = GpuCases.captured(form) ? null : workload::start;      // a step is recorded after its check
    }

    private static Workload workload(CaseName name, Device device) {
        int n = name.size(0);
        return switch (name.what()) {
            case "copy" -> new CopyWork(device, n);
            case "adamw" -> new OptimizerWork(device, OptimizerWork.Kind.ADAMW, n);
            case "ema" -> new EmaWork(device, n);
            case "normalize" -> new NormalizeWork(device, n, name.size(1));
            case "simclr" -> new SimClrStepWork(device, n, name.size(1), name.size(2));
            default -> OurChild.workload(name, device);
        };
    }

    /// How it multiplies: at least as precisely as asked for. Convolutions by cuDNN, and what consists of them, are in
    /// TF32 where bfloat16 was asked for.
    Precision precision() {
        boolean convolves = name.what().startsWith("conv") || name.what().equals("simclr")
                || name.what().equals("resnet");
        boolean byCudnn = convolves && opened.libraries().stream().anyMatch(line -> line.startsWith("cuDNN"));
        return byCudnn && opened.precision() == Precision.BF16 ? Precision.TF32 : opened.precision();
    }

    /// Some numbers of each result. A training step is made twice, because only the second loss depends on the
    /// gradients of the first. Then everything is checked in double.
    ///
    /// @throws IllegalStateException if a result is wrong; nothing should be timed then
    List<float[]> sample() {
        List<float[]> sample = new ArrayList<>();
        for (Tensor result : workload.call()) sample.add(CaseName.spread(result.floats()));
        if (name.what().equals("simclr") || name.what().equals("resnet")) {
            for (Tensor result : workload.call()) sample.add(CaseName.spread(result.floats()));
        }
        workload.guard();
        if (call == null) call = recorded();
        return sample;
    }

    /// A replay of a training step must make a step: the loss goes on changing, and stays a number.
    private Runnable recorded() {
        Workload.Recording recording = workload.recording();
        double before = recording.out().get()[0].item();
        recording.replay().run();
        double after = recording.out().get()[0].item();
        if (!Double.isFinite(after) || after == before) {
            throw new IllegalStateException(workload + ": a replay of the step leaves the loss at " + after + " after "
                    + before);
        }
        return recording.replay()::run;
    }

    /// Seconds of each of `calls` calls that follow each other without a pause, after `warm` that are not counted.
    double[] round(int warm, int calls) {
        for (int i = 0; i < warm; i++) call.run();
        clock.mark();
        for (int i = 0; i < calls; i++) {
            call.run();
            clock.mark();
        }
        return clock.laps();
    }

    /// The most bytes of the device's memory so far, inputs included; empty if the device does not count them.
    OptionalLong memory() {
        OptionalLong most = peak();
        return most.isPresent() ? OptionalLong.of(most.getAsLong() - before) : most;
    }

    private OptionalLong peak() {
        Backend backend = opened.backend();
        return backend instanceof CudaBackend cuda ? OptionalLong.of(cuda.peakBytes()) : OptionalLong.empty();
    }

    /// The computation, e.g. for its weights.
    Workload workload() {
        return workload;
    }

    @Override
    public void close() {
        try {
            workload.close();
            clock.close();
        } finally {
            opened.close();
        }
    }
}
