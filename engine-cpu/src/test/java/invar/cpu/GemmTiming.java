package invar.cpu;

/// Prints the speed of matrix products, in GF/s: A B, Aᵀ B and A Bᵀ for square, skinny and shallow shapes.
///
/// Run by hand, with the classes of engine-core and engine-cpu and the test classes on the class path:
/// ```
/// java --add-modules jdk.incubator.vector -XX:Tier3DelayOn=100000 -cp … invar.cpu.GemmTiming [threads …]
/// ```
/// Cost: about 30 s for each number of threads.
final class GemmTiming {

    private static final int[][] SHAPES = {
        {64, 64, 64}, {128, 128, 128}, {256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {512, 128, 1024},
        {1024, 1024, 8}, {32, 1024, 1024}, {1024, 32, 1024}, {1024, 10, 512}, {1, 1024, 1024}, {1024, 1, 1024},
        {16, 16, 65536}};

    private GemmTiming() {}

    /// @param args numbers of threads; 1 and 2 if there are none
    public static void main(String[] args) {
        for (String threads : args.length > 0 ? args : new String[] {"1", "2"}) {
            try (Parallel p = new Parallel(Integer.parseInt(threads))) {
                System.out.printf("%s threads, %d bits, peak %.0f GF/s%n", threads, Lanes.SPECIES.vectorBitSize(),
                        Timing.peak(p));
                System.out.printf("%-20s %8s %8s %8s%n", "m x n x k, GF/s", "A B", "At B", "A Bt");
                for (int[] shape : SHAPES) {
                    measure(p, shape[0], shape[1], shape[2]);
                }
            }
        }
    }

    private static void measure(Parallel p, int m, int n, int k) {
        float[] a = Numbers.random(m * k, 1), b = Numbers.random(k * n, 2), c = new float[m * n];
        double work = 2.0 * m * n * k / 1e9;
        double plain = Timing.seconds(p, 5,
                () -> Gemm.multiply(p, false, false, m, n, k, a, 0, k, b, 0, n, false, c, 0, n));
        double first = Timing.seconds(p, 5,
                () -> Gemm.multiply(p, true, false, m, n, k, a, 0, m, b, 0, n, false, c, 0, n));
        double second = Timing.seconds(p, 5,
                () -> Gemm.multiply(p, false, true, m, n, k, a, 0, k, b, 0, k, false, c, 0, n));
        System.out.printf("%-20s %8.1f %8.1f %8.1f%n", m + "x" + n + "x" + k, work / plain, work / first,
                work / second);
    }
}
