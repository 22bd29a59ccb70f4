package invar.benchmarks.gpu;

import static invar.core.spi.Precision.BF16;
import static invar.core.spi.Precision.FP32;
import static invar.core.spi.Precision.TF32;

import invar.benchmarks.gpu.Bar.Kind;
import invar.benchmarks.work.ConvWork;
import invar.core.spi.Precision;
import java.util.ArrayList;
import java.util.List;

/// All cases, with what is asked of them, in the order of the page. The bars are for a GPU of the H100's class.
final class GpuCases {

    /// Our forms: fused kernels; the primitive ops that define them; a recorded step.
    static final String FUSED = "fused", COMPOSED = "composed", CAPTURED = "captured";
    /// The first and the last without cuBLAS and cuDNN: our kernels everywhere.
    static final String OWN = FUSED + "-own-kernels", CAPTURED_OWN = CAPTURED + "-own-kernels";
    /// PyTorch's forms.
    static final String EAGER = "eager", CHANNELS_LAST = "eager-channels-last", COMPILE = "compile",
            COMPILE_MOST = "compile-max";

    private static final int PASS = 1 << 26;                 // floats of a pass over memory: 256 MiB
    private static final List<String> LOSS = List.of(EAGER, COMPILE, COMPILE_MOST);
    /// M up to which a dozen (M, M) matrices, which the composition keeps, leave PyTorch the room that it needs.
    private static final int MOST_COMPOSED = 16384;

    private GpuCases() {}

    static List<GpuCase> all() {
        List<GpuCase> all = new ArrayList<>();
        step(all);
        for (int d : new int[] {128, 256}) {
            for (int m : new int[] {8192, 16384, 32768, 65536}) {
                for (Precision precision : List.of(TF32, BF16)) all.add(ntXent(m, d, precision));
            }
        }
        all.add(ntXent(8192, 128, FP32));
        for (Precision precision : List.of(TF32, BF16)) {
            all.add(queue(256, precision));
            all.add(queue(4096, precision));
        }
        for (int d : new int[] {64, 128, 256}) all.add(cosine(d));
        for (int n : new int[] {1024, 2048, 4096}) {
            for (Precision precision : List.of(TF32, BF16)) all.add(barlow(n, precision));
        }
        for (Precision precision : Precision.values()) {
            all.add(product(4096, precision));
            all.add(product(8192, precision));
        }
        convolutions(all);
        passes(all);
        return all;
    }

    /// Three products of M × M × D, and the exponentials of the (M, M) matrix twice: once for the sums, once for the
    /// gradient, because the matrix is not kept.
    private static GpuCase ntXent(int m, int d, Precision precision) {
        double rows = m, flops = 6 * rows * rows * d, exps = 2 * rows * rows, bytes = 3 * 4 * rows * d;
        List<Bar> bars = new ArrayList<>();
        if (precision != FP32) {
            bars.add(new Bar(Kind.ROOFLINE, 0.35));
            bars.add(new Bar(Kind.EAGER, 4));
            bars.add(new Bar(Kind.COMPILE, 2));
            if (m == 65536) bars.add(new Bar(Kind.MEMORY, 1e9));
        }
        List<String> ours = m <= MOST_COMPOSED ? List.of(FUSED, COMPOSED) : List.of(FUSED);
        boolean quick = d == 128 && (m == 8192 || m == 32768 || m == 65536) && precision != FP32;
        return new GpuCase("ntxent", "NT-Xent M = " + m + ", D = " + d + ", forward + backward",
                "ntxent/" + m / 2 + "/" + d, precision, new Work(flops, exps, bytes), 0, quick, ours, LOSS, bars);
    }

    private static GpuCase queue(int n, Precision precision) {
        int k = 65536, d = 128;
        double flops = 4.0 * n * k * d, exps = (double) n * k, bytes = 4.0 * d * (k + 3.0 * n);
        return new GpuCase("queue", "softmax NCE " + n + " x " + k + ", D = " + d + ", forward + backward",
                "queue/" + n + "/" + k + "/" + d, precision, new Work(flops, exps, bytes), 0, precision == TF32,
                List.of(FUSED, COMPOSED), LOSS, List.of(new Bar(Kind.EAGER, 3), new Bar(Kind.COMPILE, 1.5)));
    }

    private static GpuCase cosine(int d) {
        int n = 8192;
        return new GpuCase("cosine", "cosine matrix " + n + " x " + n + ", D = " + d, "cosine/" + n + "/" + d, TF32,
                new Work(2.0 * n * n * d, 0, 4.0 * n * n + 8.0 * n * d), 0, d == 128, List.of(FUSED, OWN, COMPOSED),
                LOSS, List.of(new Bar(Kind.BANDWIDTH, 0.85)));
    }

    /// Three products of N × D × D, or four of 2 N × N × D through the Gram matrices where that is less.
    private static GpuCase barlow(int n, Precision precision) {
        double d = 8192, flops = Math.min(6 * n * d * d, 8.0 * n * n * d);
        List<Bar> bars = n <= 2048 ? List.of(new Bar(Kind.EAGER, 3)) : List.of();
        return new GpuCase("barlow", "Barlow Twins " + n + " x 8192, forward + backward", "barlow/" + n + "/8192",
                precision, new Work(flops, 0, 4 * 4 * n * d), 0, n == 2048 && precision == TF32, List.of(FUSED,
                COMPOSED), LOSS, bars);
    }

    /// Whether a form leaves out the vendor's libraries.
    static boolean own(String form) {
        return form.equals(OWN) || form.equals(CAPTURED_OWN);
    }

    /// Whether a form replays a recorded step.
    static boolean captured(String form) {
        return form.equals(CAPTURED) || form.equals(CAPTURED_OWN);
    }

    private static GpuCase product(int n, Precision precision) {
        return new GpuCase("gemm", "matrix product n = " + n, "sgemm/" + n, precision,
                new Work(2.0 * n * n * n, 0, 12.0 * n * n), 0, n == 4096, List.of(FUSED, OWN), List.of(EAGER),
                List.of());
    }

    private static void convolutions(List<GpuCase> all) {
        for (ConvWork.Sizes s : List.of(
                new ConvWork.Sizes(512, 64, 32, 64, 3, 1), new ConvWork.Sizes(512, 128, 16, 128, 3, 1),
                new ConvWork.Sizes(512, 256, 8, 256, 3, 1), new ConvWork.Sizes(512, 512, 4, 512, 3, 1),
                new ConvWork.Sizes(512, 64, 32, 128, 3, 2))) {
            for (String which : List.of("conv-forward", "conv-dx", "conv-dw")) {
                for (Precision precision : List.of(TF32, BF16)) all.add(convolution(which, s, precision));
            }
        }
    }

    private static GpuCase convolution(String which, ConvWork.Sizes s, Precision precision) {
        double images = (double) s.n() * s.c() * s.size() * s.size(), out = (double) s.n() * s.o() * s.outSize()
                * s.outSize(), filters = (double) s.o() * s.c() * s.kernel() * s.kernel();
        String title = which + " " + s.kernel() + "x" + s.kernel() + (s.stride() > 1 ? " s2 " : " ") + s.c() + "->"
                + s.o() + ", " + s.size() + "x" + s.size() + ", batch " + s.n();
        String name = which + "/" + s.n() + "/" + s.c() + "/" + s.size() + "/" + s.o() + "/" + s.kernel() + "/"
                + s.stride();
        return new GpuCase("conv", title, name, precision, new Work(s.flops(), 0, 4 * (images + out + filters)), 0,
                precision == BF16 && s.c() == 128, List.of(FUSED, OWN), List.of(EAGER, CHANNELS_LAST), List.of());
    }

    private static void passes(List<GpuCase> all) {
        all.add(pass("SGD step, momentum", "sgd/" + PASS, 5, List.of(EAGER, COMPILE)));
        all.add(pass("AdamW step", "adamw/" + PASS, 7, List.of(EAGER, COMPILE)));
        all.add(pass("moving average", "ema/" + PASS, 3, List.of(EAGER, COMPILE)));
        all.add(pass("normalised rows, D = 128", "normalize/" + PASS / 128 + "/128", 2, List.of(EAGER, COMPILE)));
    }

    /// @param streams how many times 256 MiB are read or written
    private static GpuCase pass(String title, String name, int streams, List<String> theirs) {
        return new GpuCase("passes", title + ", 256 MiB", name, FP32, new Work(0, 0, 4.0 * streams * PASS), 0, true,
                List.of(FUSED), theirs, List.of(new Bar(Kind.BANDWIDTH, 0.85)));
    }

    private static void step(List<GpuCase> all) {
        for (Precision precision : List.of(BF16, TF32)) {
            List<Bar> bars = precision == BF16 ? List.of(new Bar(Kind.COMPILE, 1)) : List.of();
            all.add(new GpuCase("step", "SimCLR step, ResNet-18, 32x32, batch 512", "simclr/512/32/64", precision,
                    new Work(resNet18(512), 0, 0), 512, precision == BF16, List.of(FUSED, CAPTURED, CAPTURED_OWN),
                    List.of(EAGER, CHANNELS_LAST, COMPILE, COMPILE_MOST), bars));
        }
    }

    /// Forward and two gradients of the convolutions, for two views.
    private static double resNet18(int batch) {
        double flops = new ConvWork.Sizes(2 * batch, 3, 32, 64, 3, 1).flops();
        for (int stage = 0, c = 64, size = 32; stage < 4; stage++) {
            int o = 64 << stage;
            boolean smaller = stage > 0;
            flops += new ConvWork.Sizes(2 * batch, c, size, o, 3, smaller ? 2 : 1).flops();
            if (smaller) flops += new ConvWork.Sizes(2 * batch, c, size, o, 1, 2).flops();
            if (smaller) size /= 2;
            flops += 3 * new ConvWork.Sizes(2 * batch, o, size, o, 3, 1).flops();
            c = o;
        }
        return 3 * flops;
    }
}
