package invar.cpu;

import invar.core.Device;
import invar.core.Op;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.BarlowTwins;
import invar.core.fused.CosineSimilarity;
import invar.core.fused.CrossCorrelation;
import invar.core.fused.NtXent;
import invar.core.fused.QueueNce;
import java.util.Map;
import java.util.TreeMap;

/// Prints the time of losses, forward and backward together, and how near they come to the speed of the multipliers.
/// The operations counted are those of the formula as it is differentiated by the chain rule, op by op: what a
/// composition has to do. A rate beyond the peak says that fewer were done.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -cp … invar.cpu.LossTiming threads [loss …]
/// ```
/// Cost: a few seconds for each loss.
final class LossTiming {

    /// A loss to be timed.
    ///
    /// @param gflop operations of the composition, forward and backward, in units of 10⁹
    private record Loss(Op.Fused op, double gflop, boolean backward, Shape... in) {}

    private LossTiming() {}

    private static Map<String, Loss> losses() {
        Map<String, Loss> losses = new TreeMap<>();
        for (int n : new int[] {256, 1024, 4096}) {
            losses.put("ntxent-" + n, new Loss(new NtXent(0.5).recorded(), 6.0 * 4 * n * n * 128 / 1e9, true,
                    Shape.of(2 * n, 128)));
        }
        losses.put("queue-256-65536", new Loss(new QueueNce(0.07), 4.0 * 256 * 65536 * 128 / 1e9, true,
                Shape.of(256, 128), Shape.of(256, 128), Shape.of(65536, 128)));
        for (int d : new int[] {2048, 8192}) {
            losses.put("barlow-1024-" + d, new Loss(new BarlowTwins(0.005, 1e-5), 6.0 * 1024 * d * d / 1e9, true,
                    Shape.of(1024, d), Shape.of(1024, d)));
        }
        losses.put("correlation-1024-2048", new Loss(new CrossCorrelation(1e-5), 6.0 * 1024 * 2048 * 2048 / 1e9, true,
                Shape.of(1024, 2048), Shape.of(1024, 2048)));
        losses.put("cosine-4096", new Loss(new CosineSimilarity(1e-8), 2.0 * 4096 * 4096 * 128 / 1e9, false,
                Shape.of(4096, 128), Shape.of(4096, 128)));
        return losses;
    }

    /// @param args the number of threads, and names of losses; all of them if there are none
    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        try (Parallel parallel = new Parallel(threads); Device device = new Device("cpu", new CpuBackend(threads))) {
            double peak = Timing.peak(parallel);
            System.out.printf("%d threads, %d bits, peak %.0f GF/s%n", threads, Lanes.SPECIES.vectorBitSize(), peak);
            System.out.printf("%-22s %9s %9s %6s%n", "loss", "ms", "GF/s", "peak");
            losses().forEach((name, loss) -> {
                boolean wanted = args.length < 2;
                for (int i = 1; i < args.length; i++) wanted |= name.startsWith(args[i]);
                if (!wanted) return;
                double seconds = measure(parallel, device, loss);
                System.out.printf("%-22s %9.2f %9.1f %5.0f%%%n", name, seconds * 1e3, loss.gflop / seconds,
                        100 * loss.gflop / seconds / peak);
            });
        }
    }

    private static double measure(Parallel parallel, Device device, Loss loss) {
        Tensor[] in = new Tensor[loss.in.length];
        for (int i = 0; i < in.length; i++) {
            in[i] = device.tensor(loss.in[i], Numbers.random((int) loss.in[i].elements(), i + 1));
        }
        Shape result = loss.op.infer(loss.in)[0];
        Tensor g = device.tensor(result, Numbers.random((int) result.elements(), 9));
        return Timing.seconds(parallel, 5, () -> {
            Tensor[] out = Ops.apply(loss.op, in);
            if (loss.backward) loss.op.vjp(in, out, new Tensor[] {g});
        });
    }
}
