package invar.ssl.check;

import invar.core.Device;
import invar.core.Scope;
import invar.core.spi.Precision;
import invar.nn.io.Safetensors;
import invar.nn.io.StoredTensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Checks golden files on one device, within the files' tolerances; where it multiplies in TF32 or bfloat16, within
/// what that may change besides ([RoundedProducts]).
public final class GoldenCheck {

    private final Device device;
    private final Precision judged;

    /// Checks on `device`, which the caller opens and closes.
    public GoldenCheck(Device device) {
        this(device, device.precision());
    }

    /// Judges as if the device multiplied in another precision than it does.
    GoldenCheck(Device device, Precision judged) {
        this.device = device;
        this.judged = judged;
    }

    /// What came of one file.
    ///
    /// @param title    `op/case`, or the file's path where it is no golden file
    /// @param passed   true if every output lies within its tolerance
    /// @param detail   how close it came, or why it failed
    /// @param computed what was computed, to be saved; empty where nothing was
    public record Verdict(String title, boolean passed, String detail, Optional<Safetensors> computed) {

        /// One line for the report.
        public String line() {
            return String.format(Locale.ROOT, "%-4s %-60s %s", passed ? "ok" : "FAIL", title, detail);
        }
    }

    /// Reads a file, computes its op on the device and compares. Never throws for what is in the file: a file that is
    /// no golden file, an unknown op or an op that refuses its inputs is a failed case.
    public Verdict check(Path file) {
        GoldenCase golden;
        try {
            golden = GoldenCase.read(file);
        } catch (GoldenException e) {
            return new Verdict(file.toString(), false, e.getMessage(), Optional.empty());
        }
        return check(golden);
    }

    Verdict check(GoldenCase golden) {
        String title = golden.op() + "/" + golden.name();
        Optional<GoldenOp> op = GoldenOps.find(golden.op());
        if (op.isEmpty()) {
            return new Verdict(title, false, "the op " + golden.op() + " is not supported", Optional.empty());
        }
        Outputs outputs = new Outputs();
        RoundedProducts products;
        try (Scope _ = device.scope()) {
            op.get().run(golden, device, outputs);
            products = RoundedProducts.of(golden, op.get(), judged);
        } catch (RuntimeException e) {
            return new Verdict(title, false, reason(e), Optional.empty());
        }
        return compare(golden, outputs.byName(), products);
    }

    /// An exception that an op throws on purpose explains itself; any other is shown with its type.
    private static String reason(RuntimeException e) {
        boolean explains = e instanceof GoldenException || e instanceof IllegalArgumentException;
        return explains && e.getMessage() != null ? e.getMessage() : e.toString();
    }

    /// The verdict on outputs that were computed already.
    static Verdict compare(GoldenCase golden, Map<String, StoredTensor> computed, RoundedProducts products) {
        Comparison comparison;
        try {
            comparison = Comparison.of(golden, computed, products);
        } catch (GoldenException e) {
            comparison = new Comparison("", Double.NaN, e.getMessage());
        }
        String detail = comparison.passed()
                ? String.format(Locale.ROOT, "%.2f of tolerance (%s)", comparison.share(), comparison.output())
                : comparison.reason();
        return new Verdict(golden.op() + "/" + golden.name(), comparison.passed(), detail,
                Optional.of(saved(golden, computed)));
    }

    /// What was computed, as a file with the golden file's types: its real numbers in single precision, mostly.
    private static Safetensors saved(GoldenCase golden, Map<String, StoredTensor> computed) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        computed.forEach((name, tensor) -> tensors.put(name, golden.outputs().contains(name)
                && golden.stored(name).type() == StoredTensor.Type.F32 && tensor.type() == StoredTensor.Type.F64
                ? narrowed(tensor) : tensor));
        return new Safetensors(Map.of("op", golden.op(), "case", golden.name()), tensors);
    }

    private static StoredTensor narrowed(StoredTensor tensor) {
        double[] values = tensor.doubles();
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return StoredTensor.of(floats, tensor.shape());
    }
}
