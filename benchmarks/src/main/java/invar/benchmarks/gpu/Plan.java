package invar.benchmarks.gpu;

/// How much is measured.
///
/// @param rounds     in which all sides take their turn
/// @param seconds    about so long a round is
/// @param least      calls of a round; times `rounds`, at least 30 for a median
/// @param most       calls of a round
/// @param copyBytes  of the copy that is the ceiling of memory
/// @param matrix     n of the product that is the ceiling of products
/// @param exps       numbers whose exponentials are taken again and again for their ceiling
/// @param limit      seconds after which no further case is begun
record Plan(int rounds, double seconds, int least, int most, long copyBytes, int matrix, int exps,
        double limit) {

    /// About an hour and a half, most of it compilation by PyTorch.
    static final Plan FULL = new Plan(5, 0.25, 8, 50, 1L << 30, 8192, 1 << 24, 3 * 3600);
    /// Fits ten minutes.
    static final Plan QUICK = new Plan(3, 0.1, 10, 30, 1L << 30, 8192, 1 << 24, 480);
}
