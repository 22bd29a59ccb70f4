package invar.ssl.part;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Buffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/// A set of orders of n tiles that are far from each other: the classes of the jigsaw puzzle (Noroozi, Favaro 2016,
/// [arXiv:1603.09246](https://arxiv.org/abs/1603.09246), Sec. 3.2 and Algorithm 1; VISSL's
/// `generate_jigsaw_permutations.py`). Orders that share most places would make the puzzle ambiguous.
///
/// The set is part of the model, because label k means nothing without it: it is stored with the weights.
///
/// @param orders (P, n), I32, persistent: `orders[k, j]` is the tile at place j in order k, both from 0
public record Permutations(@Buffer Tensor orders) {

    /// Above this many tiles there are too many orders to look at all of them: 9! = 362,880.
    private static final int MOST = 9;

    /// Which order comes next, of those that are left.
    public enum Rule {
        /// The one with the largest mean distance to those chosen, as in the paper.
        MAX_AVG,
        /// The one whose nearest chosen order is farthest.
        MAX_MIN
    }

    /// A given set, such as one from a file.
    ///
    /// @throws IllegalArgumentException if a row is no permutation of 0 … n − 1, or is there twice. Some published
    ///                                  files count from 1
    public static Permutations of(Device device, int[][] set) {
        int n = set[0].length;
        for (int[] order : set) {
            int[] sorted = order.clone();
            Arrays.sort(sorted);
            boolean from0 = Arrays.equals(sorted, IntStream.range(0, n).toArray());
            boolean from1 = Arrays.equals(sorted, IntStream.rangeClosed(1, n).toArray());
            if (!from0) {
                throw new IllegalArgumentException("an order must be a permutation of 0 to " + (n - 1) + " but is "
                        + Arrays.toString(order) + (from1 ? ", which counts from 1: subtract 1" : ""));
            }
        }
        if (Arrays.stream(set).map(Arrays::toString).distinct().count() < set.length) {
            throw new IllegalArgumentException("an order is in the set twice");
        }
        int[] flat = Arrays.stream(set).flatMapToInt(Arrays::stream).toArray();
        return new Permutations(device.persistent(() -> device.integers(Shape.of(set.length, n), flat)));
    }

    /// Algorithm 1: a random order, then again and again the best of those that are left. Of equally good ones the
    /// first in the order of the dictionary, as `argmax` has it. With running sums it takes P · n! distances, about a
    /// second for a thousand orders of nine tiles.
    ///
    /// As long as an order exists that shares no place with any chosen one, both rules take such a one: the first n
    /// orders are the rows of a Latin square.
    ///
    /// @param n     tiles, 2 to 9
    /// @param count P, 1 to n!
    /// @return (P, n)
    public static int[][] search(int n, int count, Rule rule, Philox random) {
        if (n < 2 || n > MOST) throw new IllegalArgumentException("there must be 2 to 9 tiles but are " + n);
        long[] pool = all(n);
        if (count < 1 || count > pool.length) throw new IllegalArgumentException(
                "the orders of " + n + " tiles must be 1 to " + pool.length + " but are " + count);
        int[] score = new int[pool.length];                          // sum of the distances, or the least of them
        Arrays.fill(score, rule == Rule.MAX_AVG ? 0 : n + 1);
        int[][] chosen = new int[count][];
        int j = random.nextInt(pool.length);                         // j ~ U[1, 9!]
        for (int k = 0; k < count; k++) {
            chosen[k] = unpacked(pool[j], n);                        // P ← [P P̄ⱼ]
            score[j] = Integer.MIN_VALUE / 2;                        // P̄ ← P̄ without P̄ⱼ: never the best again
            if (rule == Rule.MAX_AVG) add(pool, pool[j], score);     // D ← Hamming(P, P̄), D̄ ← 1/k Σ D
            else least(pool, pool[j], score);
            j = best(score);                                         // j ← argmax D̄
        }
        return chosen;
    }

    /// The Hamming distance: how many places hold different tiles.
    public static int distance(int[] a, int[] b) {
        int different = 0;
        for (int i = 0; i < a.length; i++) if (a[i] != b[i]) different++;
        return different;
    }

    /// P, how many orders there are.
    public int count() {
        return orders.dim(0);
    }

    /// n, how many tiles an order has.
    public int tiles() {
        return orders.dim(1);
    }

    /// Where the tiles of a batch come from, if image i has order `chosen[i]` and its tiles are the rows from n·i on:
    /// ```
    /// rows[n·i + j] = n·i + orders[chosen[i], j]
    /// ```
    /// Waits for the device.
    public int[] rows(int... chosen) {
        int n = tiles();
        int[] all = orders.integers(), rows = new int[chosen.length * n];
        for (int i = 0; i < chosen.length; i++) {
            for (int j = 0; j < n; j++) rows[n * i + j] = n * i + all[n * chosen[i] + j];
        }
        return rows;
    }

    private static void add(long[] pool, long order, int[] score) {
        for (int i = 0; i < pool.length; i++) score[i] += distance(pool[i], order);
    }

    private static void least(long[] pool, long order, int[] score) {
        for (int i = 0; i < pool.length; i++) score[i] = Math.min(score[i], distance(pool[i], order));
    }

    private static int best(int[] score) {
        int best = 0;
        for (int i = 1; i < score.length; i++) if (score[i] > score[best]) best = i;
        return best;
    }

    /// Of packed orders: four bits a place, so that one XOR compares all places and the rest counts what is not 0.
    private static int distance(long a, long b) {
        long x = a ^ b;
        x |= x >>> 2;
        x |= x >>> 1;                                                // bit 0 of each four: is any of them set?
        return Long.bitCount(x & 0x1111111111111111L);
    }

    private static int[] unpacked(long order, int n) {
        return IntStream.range(0, n).map(i -> (int) (order >>> 4 * i) & 15).toArray();
    }

    /// All n! orders, packed, as in a dictionary.
    private static long[] all(int n) {
        int[] order = IntStream.range(0, n).toArray();
        long[] all = new long[IntStream.rangeClosed(1, n).reduce(1, (a, b) -> a * b)];
        for (int k = 0; k < all.length; k++) {
            for (int i = 0; i < n; i++) all[k] |= (long) order[i] << 4 * i;
            advance(order);
        }
        return all;
    }

    /// The next order in the dictionary; after the last, it stays.
    private static void advance(int[] order) {
        int i = order.length - 2, j = order.length - 1;
        while (i >= 0 && order[i] > order[i + 1]) i--;
        if (i < 0) return;
        while (order[j] < order[i]) j--;
        swap(order, i, j);
        for (int a = i + 1, b = order.length - 1; a < b; a++, b--) swap(order, a, b);
    }

    private static void swap(int[] order, int a, int b) {
        int kept = order[a];
        order[a] = order[b];
        order[b] = kept;
    }
}
