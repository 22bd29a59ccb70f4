package invar.cuda;

/// Scratch memory of one op, cut into arrays that begin at multiples of 256 bytes.
final class Slices {

    private static final int ALIGNMENT = 256;

    private Slices() {}

    /// The addresses of arrays of these sizes.
    static long[] of(Gpu gpu, long... bytes) {
        long total = 0;
        for (long size : bytes) total += aligned(size);
        long[] addresses = new long[bytes.length];
        long at = gpu.memory().scratch(Math.max(total, ALIGNMENT));
        for (int i = 0; i < bytes.length; i++) {
            addresses[i] = at;
            at += aligned(bytes[i]);
        }
        return addresses;
    }

    private static long aligned(long size) {
        return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}
