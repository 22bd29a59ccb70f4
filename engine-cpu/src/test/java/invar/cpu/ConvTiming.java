package invar.cpu;

import invar.core.ContractionOp.Conv2d;

/// Prints the speed of convolutions and their gradients, in GF/s, for the layers of ResNets on small images.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -cp … invar.cpu.ConvTiming [threads …]
/// ```
/// Cost: about 30 s for each number of threads. A product that falls on padding counts as work, as is usual, although
/// it is skipped: small images may seem to exceed the peak.
final class ConvTiming {

    private record Layer(String name, ConvShape shape) {}

    private static final Layer[] LAYERS = {
        layer("3->16 3x3 s2 32x32", 1024, 3, 32, 16, 3, 2), layer("16->16 3x3 16x16", 1024, 16, 16, 16, 3, 1),
        layer("16->32 3x3 s2 16x16", 1024, 16, 16, 32, 3, 2), layer("16->32 1x1 s2 16x16", 1024, 16, 16, 32, 1, 2),
        layer("32->32 3x3 8x8", 1024, 32, 8, 32, 3, 1), layer("32->64 3x3 s2 8x8", 1024, 32, 8, 64, 3, 2),
        layer("64->64 3x3 4x4", 1024, 64, 4, 64, 3, 1), layer("128->128 3x3 2x2", 1024, 128, 2, 128, 3, 1),
        layer("64->64 3x3 32x32", 64, 64, 32, 64, 3, 1), layer("512->512 3x3 4x4", 64, 512, 4, 512, 3, 1),
        layer("64->64 3x3 32x32 n=4", 4, 64, 32, 64, 3, 1)};

    private ConvTiming() {}

    private static Layer layer(String name, int n, int c, int size, int o, int kernel, int stride) {
        return new Layer(name, new ConvShape(Conv2d.of(stride, kernel / 2), n, c, size, size, o, kernel, kernel));
    }

    /// @param args numbers of threads; 1 and 2 if there are none
    public static void main(String[] args) {
        for (String threads : args.length > 0 ? args : new String[] {"1", "2"}) {
            try (Parallel p = new Parallel(Integer.parseInt(threads))) {
                System.out.printf("%s threads, %d bits, peak %.0f GF/s%n", threads, Lanes.SPECIES.vectorBitSize(),
                        Timing.peak(p));
                System.out.printf("%-24s %8s %8s %8s%n", "GF/s", "forward", "dx", "dw");
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
        System.out.printf("%-24s %8.1f %8.1f %8.1f%n", layer.name(), work / forward, work / inputGrad,
                work / weightGrad);
    }
}
