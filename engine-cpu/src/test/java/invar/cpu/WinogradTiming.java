package invar.cpu;

import invar.core.ContractionOp.Conv2d;

/// Prints the speed of 3 × 3 convolutions and of the gradients of their inputs, as the sum of the formula and by
/// Winograd's minimal filtering, in GF/s of the formula (filtering does fewer operations), one after the other in turn.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -cp … invar.cpu.WinogradTiming [threads …]
/// ```
/// Cost: about 30 s for each number of threads.
final class WinogradTiming {

    private record Layer(int n, int c, int size, int o) {

        ConvShape shape() {
            return new ConvShape(Conv2d.of(1, 1), n, c, size, size, o, 3, 3);
        }
    }

    private static final Layer[] LAYERS = {
        new Layer(64, 64, 32, 64), new Layer(64, 128, 16, 128), new Layer(64, 256, 8, 256), new Layer(64, 512, 4, 512),
        new Layer(256, 32, 8, 32), new Layer(256, 64, 4, 64), new Layer(256, 16, 16, 16), new Layer(256, 128, 2, 128)};

    private WinogradTiming() {}

    /// @param args numbers of threads; 1 and 2 if there are none
    public static void main(String[] args) {
        for (String threads : args.length > 0 ? args : new String[] {"1", "2"}) {
            try (Parallel p = new Parallel(Integer.parseInt(threads))) {
                System.out.printf("%s threads, peak %.0f GF/s%n", threads, Timing.peak(p));
                System.out.printf("%-24s %8s %8s %8s %8s%n", "GF/s", "direct", "winograd", "dx", "winograd");
                for (Layer layer : LAYERS) {
                    measure(p, layer.shape());
                }
            }
        }
    }

    private static void measure(Parallel p, ConvShape s) {
        int outputs = s.n() * s.o() * s.outHeight() * s.outWidth();
        double work = 2.0 * outputs * s.groupInputs() * s.window() / 1e9;
        float[] x = Numbers.random(s.n() * s.c() * s.h() * s.w(), 1);
        float[] w = Numbers.random(s.o() * s.groupInputs() * s.window(), 2), y = Numbers.random(outputs, 3);
        float[] dx = new float[x.length], out = new float[outputs];
        Runnable[] bodies = {() -> Conv.forwardDirect(p, s, x, 0, w, 0, out, 0),
            () -> ConvWinograd.forward(p, s, x, 0, w, 0, out, 0),
            () -> Conv.inputGradDirect(p, s, y, 0, w, 0, dx, 0),
            () -> ConvWinograd.inputGrad(p, s, y, 0, w, 0, dx, 0)};
        double[] best = new double[bodies.length];
        for (int turn = 0; turn < 2; turn++) {
            for (int i = 0; i < bodies.length; i++) {
                best[i] = Math.max(best[i], work / Timing.seconds(p, 3, bodies[i]));
            }
        }
        String name = s.n() + "x" + s.c() + "->" + s.o() + " " + s.h() + "x" + s.w();
        System.out.printf("%-24s %8.1f %8.1f %8.1f %8.1f%n", name, best[0], best[1], best[2], best[3]);
    }
}
