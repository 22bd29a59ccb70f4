package invar.cpu;

/// All pairs of blocks i ≤ j of a symmetric matrix, in rounds in which no block occurs twice: those with i + j = r
/// modulo the number of blocks, for one r after another. A task may therefore add to what belongs to its two blocks,
/// and the sums are added up in the order of the rounds, whatever the number of threads. This is how a tournament is
/// scheduled, with every block playing itself once.
final class BlockPairs {

    /// What is done with a pair.
    interface Body {
        void visit(int i, int j);
    }

    private BlockPairs() {}

    static void each(Parallel parallel, int blocks, Body body) {
        int[] first = new int[blocks];
        for (int round = 0; round < blocks; round++) {
            int sum = round, count = 0;
            for (int i = 0; i < blocks; i++) {
                if (i <= partner(i, sum, blocks)) first[count++] = i;
            }
            parallel.run(count, task -> body.visit(first[task], partner(first[task], sum, blocks)));
        }
    }

    private static int partner(int i, int sum, int blocks) {
        return i <= sum ? sum - i : sum - i + blocks;
    }

    /// The number of a pair i ≤ j, row by row of the upper triangle.
    static int index(int i, int j, int blocks) {
        return i * (2 * blocks - i - 1) / 2 + j;
    }

    /// How many pairs there are.
    static int count(int blocks) {
        return blocks * (blocks + 1) / 2;
    }
}
