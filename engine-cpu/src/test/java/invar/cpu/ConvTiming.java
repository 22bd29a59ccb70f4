package invar.cpu;

import invar.core.ContractionOp.Conv2d;

/// Prints the speed of convolutions and their gradients, in GF/s, for the layers of ResNets on small images.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -cp … invar.cpu.ConvTiming [threads …]
/// ```
/// Cost: about a minute for each number of threads. A product that falls on padding counts as work, as is usual,
/// although most are skipped: small images may seem to exceed the peak.
final class ConvTiming {

    private record Layer(String name, ConvShape shape) {}

    /// A ResNet of width 16 on batches of 256, then ResNet-18 on batches of 64.
    private static final Layer[] LAYERS = {
        layer(256, 3, 16, 3, 2, 32), layer(256, 16, 16, 3, 1, 16), layer(256, 16, 32, 3, 2, 16),
        layer(256, 16, 32, 1, 2, 16), layer(256, 32, 32, 3, 1, 8), layer(256, 32, 64, 3, 2, 8),
        layer(256, 32, 64, 1, 2, 8), layer(256, 64, 64, 3, 1, 4), layer(256, 64, 128, 3, 2, 4),
        layer(256, 64, 128, 1, 2, 4), layer(256, 128, 128, 3, 1, 2),
        layer(64, 3, 64, 3, 1, 32), layer(64, 64, 64, 3, 1, 32), layer(64, 64, 128, 3, 2, 32),
        layer(64, 64, 128, 1, 2, 32), layer(64, 128, 128, 3, 1, 16), layer(64, 128, 256, 3, 2, 16),
        layer(64, 128, 256, 1, 2, 16), layer(64, 256, 256, 3, 1, 8), layer(64, 256, 512, 3, 2, 8),
        layer(64, 256, 512, 1, 2, 8), layer(64, 512, 512, 3, 1, 4), layer(4, 64, 64, 3, 1, 32)};

    private ConvTiming() {}

    private static Layer layer(int n, int c, int o, int kernel, int stride, int size) {
        return new Layer("n=%d %d->%d %dx%d s%d %dx%d".formatted(n, c, o, kernel, kernel, stride, size, size),
                new ConvShape(Conv2d.of(stride, kernel / 2), n, c, size, size, o, kernel, kernel));
    }

    /// @param args numbers of threads; 1 and 2 if there are none
    public static void main(String[] args) {
        for (String threads : args.length > 0 ? args : new String[] {"1", "2"}) {
            try (Parallel p = new Parallel(Integer.parseInt(threads))) {
                System.out.printf("%s threads, %d bits, peak %.0f GF/s%n", threads, Lanes.SPECIES.vectorBitSize(),
                        Timing.peak(p));
                System.out.printf("%-30s %8s %8s %8s%n", "GF/s", "forward", "dx", "dw");
                for (Layer layer : LAYERS) {
                    measure(p, layer);
                }
            }
        }
    }

    private static void measure(Parallel p, Layer layer) {
        ConvShape s = layer.shape();
        int outputs = s.n() * s.o() * s.outHeight() * s.outWidth();
        double work = 2.0 * outputs * s.groupInputs() * s.window() / 1e9;
        float[] x = Numbers.random(s.n() * s.c() * s.h() * s.w(), 1);
        float[] w = Numbers.random(s.o() * s.groupInputs() * s.window(), 2), y = Numbers.random(outputs, 3);
        float[] dx = new float[x.length], dw = new float[w.length], out = new float[outputs];
        double forward = Timing.seconds(p, 5, () -> Conv.forward(p, s, x, 0, w, 0, out, 0));
        double inputGrad = Timing.seconds(p, 5, () -> Conv.inputGrad(p, s, y, 0, w, 0, dx, 0));
        double weightGrad = Timing.seconds(p, 5, () -> Conv.weightGrad(p, s, x, 0, y, 0, dw, 0));
        System.out.printf("%-30s %8.1f %8.1f %8.1f%n", layer.name(), work / forward, work / inputGrad,
                work / weightGrad);
    }
}
