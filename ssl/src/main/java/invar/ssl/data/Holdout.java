package invar.ssl.data;

import invar.ssl.UserError;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Holds out a fifth of a set that has no test part of its own.
///
/// Items go by a hash of their key (a file's path, an emoji's base), not by a random draw: the choice is the same on
/// every machine and in every run, adding a file moves no other, and items with equal keys stay together.
final class Holdout {

    /// One part in so many is held out.
    static final int PARTS = 5;

    private Holdout() {}

    /// Whether the items with this key are held out.
    static boolean isTest(String key) {
        return Long.remainderUnsigned(hash(key), PARTS) == 0;
    }

    /// Splits by the key of each item; neither part is left empty.
    ///
    /// @throws UserError if there is only one item
    static Split split(Dataset all, IntFunction<String> key, String what) {
        if (all.size() < 2)
            throw new UserError(all.name() + " has " + all.size() + " image(s); at least two are needed, one to train"
                    + " on and one to hold out.");
        boolean[] test = new boolean[all.size()];
        int first = 0, count = 0;
        for (int i = 0; i < test.length; i++) {
            test[i] = isTest(key.apply(i));
            if (test[i]) count++;
            if (Long.compareUnsigned(hash(key.apply(i)), hash(key.apply(first))) < 0) first = i;
        }
        if (count == 0) test[first] = true;                      // few items: the smallest hash is held out
        if (count == test.length) test[first] = false;           // or kept
        return new Split(part(all, test, false), part(all, test, true),
                "one " + what + " in " + PARTS + " is held out, by a hash");
    }

    private static Dataset part(Dataset all, boolean[] test, boolean wanted) {
        return new Subset(all, IntStream.range(0, test.length).filter(i -> test[i] == wanted).toArray());
    }

    /// FNV-1a of the UTF-8 bytes, then the finalizer of MurmurHash3, which spreads it over all bits.
    private static long hash(String key) {
        long h = 0xCBF29CE484222325L;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) h = (h ^ (b & 0xFF)) * 0x100000001B3L;
        h = (h ^ h >>> 33) * 0xFF51AFD7ED558CCDL;
        h = (h ^ h >>> 33) * 0xC4CEB9FE1A85EC53L;
        return h ^ h >>> 33;
    }
}
