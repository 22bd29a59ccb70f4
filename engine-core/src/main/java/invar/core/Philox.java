package invar.core;

/// Counter-based random numbers: Philox4x32-10.
///
/// Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, Sec. 3.3; the constants are
/// those of the authors' Random123 library.
///
/// There is no state to share between threads. Number `i` of stream `s` under a seed is a pure function of
/// `(seed, s, i)`, so a result depends neither on the order in which workers draw nor on how many there are, and a
/// GPU kernel can compute the same bits:
/// ```
/// key     = (low and high half of seed)
/// counter = (low and high half of i / 4, low and high half of s)
/// bits(seed, s, i) = word i mod 4 of Philox4x32-10(counter, key)
/// ```
/// Instances are small cursors over one stream and are not thread-safe; make one per task.
public final class Philox {

    private static final int M0 = 0xD2511F53, M1 = 0xCD9E8D57;    // multipliers
    private static final int W0 = 0x9E3779B9, W1 = 0xBB67AE85;    // Weyl constants: golden ratio, √3 − 1
    private static final int ROUNDS = 10;

    private final long seed, stream;
    private final int[] block = new int[4];
    private long blockIndex = -1, next;

    /// A cursor at the start of `stream` under `seed`; any values are allowed.
    public Philox(long seed, long stream) {
        this.seed = seed;
        this.stream = stream;
    }

    /// A cursor over the stream named by `parts`, e.g. `(epoch, index, view)`: the parts are hashed to 64 bits with
    /// Philox itself, so that neighbouring parts give unrelated streams.
    public static Philox of(long seed, long... parts) {
        int[] word = new int[4];
        long name = parts.length;
        for (long part : parts) {
            block(seed ^ 0x5851F42D4C957F2DL, name, part, word);  // any constant: keeps names off the data streams
            name = Integer.toUnsignedLong(word[0]) | (long) word[1] << 32;
        }
        return new Philox(seed, name);
    }

    /// Philox4x32-10 itself: four 32-bit words for the 128-bit counter `(index, stream)` and the 64-bit key `seed`.
    ///
    /// @param out receives the four words
    public static void block(long seed, long stream, long index, int[] out) {
        int k0 = (int) seed, k1 = (int) (seed >>> 32);
        int c0 = (int) index, c1 = (int) (index >>> 32), c2 = (int) stream, c3 = (int) (stream >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long p0 = Integer.toUnsignedLong(M0) * Integer.toUnsignedLong(c0);
            long p1 = Integer.toUnsignedLong(M1) * Integer.toUnsignedLong(c2);
            int n0 = (int) (p1 >>> 32) ^ c1 ^ k0, n2 = (int) (p0 >>> 32) ^ c3 ^ k1;
            c1 = (int) p1;
            c3 = (int) p0;
            c0 = n0;
            c2 = n2;
            k0 += W0;
            k1 += W1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /// The next 32 random bits.
    public int nextBits() {
        long wanted = next >>> 2;
        if (wanted != blockIndex) {
            block(seed, stream, wanted, block);
            blockIndex = wanted;
        }
        return block[(int) (next++ & 3)];
    }

    /// Uniform in [0, 1), a multiple of 2⁻²⁴: exact in float, so every backend returns the same number.
    public float nextFloat() {
        return (nextBits() >>> 8) * 0x1p-24f;
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³; takes two words.
    public double nextDouble() {
        long high = nextBits() >>> 5, low = nextBits() >>> 6;
        return (high * 0x1p26 + low) * 0x1p-53;
    }

    /// Uniform in [low, high).
    public double uniform(double low, double high) {
        return low + (high - low) * nextDouble();
    }

    /// Uniform in 0 … bound − 1, without bias (Lemire, "Fast random integer generation in an interval", 2019).
    ///
    /// @throws IllegalArgumentException if `bound` is not positive
    public int nextInt(int bound) {
        if (bound <= 0) throw new IllegalArgumentException("bound must be > 0 but is " + bound);
        long product = Integer.toUnsignedLong(nextBits()) * bound;
        long low = product & 0xFFFFFFFFL;
        if (low < bound) {
            long threshold = (0x1_0000_0000L - bound) % bound;
            while (low < threshold) {
                product = Integer.toUnsignedLong(nextBits()) * bound;
                low = product & 0xFFFFFFFFL;
            }
        }
        return (int) (product >>> 32);
    }

    /// Standard normal: Box–Muller on two words, in double; the sine half is not used, so that number `i` always takes
    /// words 2i and 2i + 1.
    public double nextGaussian() {
        return gaussian(nextBits(), nextBits());
    }

    /// √(−2 ln u) cos 2πv with u = (a + ½) 2⁻³² in (0, 1) and v = (b + ½) 2⁻³², a and b taken as unsigned.
    public static double gaussian(int a, int b) {
        double u = (Integer.toUnsignedLong(a) + 0.5) * 0x1p-32, v = (Integer.toUnsignedLong(b) + 0.5) * 0x1p-32;
        return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    }

    /// A uniformly random order of 0 … n − 1 (Fisher–Yates, Durstenfeld's form).
    public int[] permutation(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) order[i] = i;
        for (int i = n - 1; i > 0; i--) {
            int j = nextInt(i + 1), swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        return order;
    }
}
