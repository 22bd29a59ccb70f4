package invar.ssl.check;

import invar.nn.io.StoredTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How far what was computed lies from what the golden file expects, slice by slice along the first axis:
/// ```
/// passed:  max |x − ref| ≤ atol + rtol · max |ref|      maxima over the slice
/// ```
/// A tensor with at most one axis is one slice. Integers must be equal, shapes too; a NaN never passes, an infinity
/// only where the reference has the same. To devices that round the factors of products, [RoundedProducts] allows more.
///
/// @param output what the line is about: the output with the largest share of its tolerance, or the one that failed
/// @param share  that error divided by its tolerance; at most 1 if the case passed
/// @param reason why the case failed, one clause; null if it passed
record Comparison(String output, double share, String reason) {

    /// Suffixes of further answers that are accepted for an output where public implementations disagree.
    private static final List<String> ALTERNATIVES = List.of("_torch113", "_torch2");

    boolean passed() {
        return reason == null;
    }

    /// All outputs of a case; the first failure, if there is one, else the output nearest to failing.
    ///
    /// @param products what is allowed beyond the file's tolerances
    static Comparison of(GoldenCase golden, Map<String, StoredTensor> computed, RoundedProducts products) {
        Comparison worst = new Comparison(golden.outputs().getFirst(), 0, null);
        for (String name : golden.outputs()) {
            if (alternative(golden, name)) continue;
            StoredTensor x = computed.get(name);
            if (x == null) return new Comparison(name, Double.NaN, name + " was not computed");
            Comparison best = compare(golden, name, name, x, products);
            for (String suffix : ALTERNATIVES) {
                if (best.passed() || !golden.outputs().contains(name + suffix)) continue;
                Comparison other = compare(golden, name, name + suffix, x, products);
                if (other.passed()) best = other;
            }
            if (!best.passed()) return best;
            if (best.share > worst.share) worst = best;
        }
        return worst;
    }

    private static boolean alternative(GoldenCase golden, String name) {
        return ALTERNATIVES.stream().anyMatch(suffix -> name.endsWith(suffix)
                && golden.outputs().contains(name.substring(0, name.length() - suffix.length())));
    }

    private static Comparison compare(GoldenCase golden, String name, String referenceName, StoredTensor x,
            RoundedProducts products) {
        StoredTensor reference = golden.stored(referenceName);
        if (!Arrays.equals(x.shape(), reference.shape())) {
            return failed(name, "%s has shape %s instead of %s".formatted(
                    name, Arrays.toString(x.shape()), Arrays.toString(reference.shape())));
        }
        if (integer(x) != integer(reference)) {
            return failed(name, "%s is of type %s instead of %s".formatted(name, x.type(), reference.type()));
        }
        if (integer(reference)) return equal(name, x.longs(), reference.longs());
        double rtol = tolerance(golden, "rtol.", referenceName), atol = tolerance(golden, "atol.", referenceName);
        return close(name, x, reference, rtol, atol, products);
    }

    private static boolean integer(StoredTensor tensor) {
        return switch (tensor.type()) {
            case F64, F32 -> false;
            case I64, I32, U8 -> true;
        };
    }

    /// The tolerance of an output; a table that is also stored in double precision has that of the table.
    private static double tolerance(GoldenCase golden, String kind, String name) {
        boolean wide = name.endsWith("_f64") && !golden.content().metadata().containsKey(kind + name);
        return golden.number(kind + (wide ? name.substring(0, name.length() - "_f64".length()) : name));
    }

    private static Comparison equal(String name, long[] x, long[] reference) {
        int at = Arrays.mismatch(x, reference);
        return at < 0
                ? new Comparison(name, 0, null)
                : failed(name, "%s[%d] is %d instead of %d".formatted(name, at, x[at], reference[at]));
    }

    private static Comparison close(String name, StoredTensor x, StoredTensor reference, double rtol, double atol,
            RoundedProducts products) {
        double[] values = x.doubles(), expected = reference.doubles();
        long[] shape = reference.shape();
        int slices = shape.length < 2 ? 1 : Math.toIntExact(shape[0]), length = values.length / Math.max(slices, 1);
        double share = 0;
        for (int s = 0; s < slices; s++) {
            double error = 0, size = 0;
            for (int i = s * length; i < (s + 1) * length; i++) {
                double difference = values[i] == expected[i] ? 0 : Math.abs(values[i] - expected[i]);
                if (Double.isNaN(difference)) return failed(name, "%s[%d] is %s".formatted(name, i, values[i]));
                error = Math.max(error, difference);
                if (Double.isFinite(expected[i])) size = Math.max(size, Math.abs(expected[i]));
            }
            double tolerance = atol + rtol * size + products.allowed(name, size);
            if (!(error <= tolerance)) {
                String where = slices == 1 ? name : name + "[" + s + "]";
                return new Comparison(name, error / tolerance, String.format(Locale.ROOT,
                        "%s is off by %.3g, but %.3g is allowed", where, error, tolerance));
            }
            if (error > 0) share = Math.max(share, error / tolerance);
        }
        return new Comparison(name, share, null);
    }

    private static Comparison failed(String name, String reason) {
        return new Comparison(name, Double.NaN, reason);
    }
}
