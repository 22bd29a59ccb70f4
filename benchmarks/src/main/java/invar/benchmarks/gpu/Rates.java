package invar.benchmarks.gpu;

import invar.core.spi.Precision;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What a device does in a second at most; 0 where that is not known.
///
/// @param name     of the device, or how it was measured
/// @param products flops of matrix products by precision
/// @param exps     exponentials
/// @param bytes    to and from memory
record Rates(String name, Map<Precision, Double> products, double exps, double bytes) {

    /// From NVIDIA's data sheets, without sparsity. Exponentials: 16 a clock on each multiprocessor at the boost clock.
    private static final List<Rates> DATA_SHEETS = List.of(
            of("NVIDIA H200", 67e12, 495e12, 989e12, 16 * 132 * 1.83e9, 4.8e12),
            of("H100 80GB HBM3", 67e12, 495e12, 989e12, 16 * 132 * 1.83e9, 3.35e12),
            of("H100 PCIe", 51e12, 378e12, 756e12, 16 * 114 * 1.755e9, 2.0e12),
            of("A100-SXM4-80GB", 19.5e12, 156e12, 312e12, 16 * 108 * 1.41e9, 2.039e12));

    private static Rates of(String name, double fp32, double tf32, double bf16, double exps, double bytes) {
        Map<Precision, Double> products = Map.of(Precision.FP32, fp32, Precision.TF32, tf32, Precision.BF16, bf16);
        return new Rates(name, products, exps, bytes);
    }

    /// Of the device whose description contains the name of one that is known here.
    static Optional<Rates> dataSheet(String description) {
        return DATA_SHEETS.stream().filter(rates -> description.contains(rates.name)).findFirst();
    }

    double flops(Precision precision) {
        return products.getOrDefault(precision, 0.0);
    }

    /// In one line.
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name + ": products");
        for (Precision precision : Precision.values()) {
            text.append(flops(precision) == 0 ? String.format(Locale.ROOT, " %s unknown,", precision)
                    : String.format(Locale.ROOT, " %s %.1f TFLOP/s,", precision, flops(precision) / 1e12));
        }
        text.append(exps == 0 ? " exponentials unknown," : String.format(Locale.ROOT, " exponentials %.2f T/s,",
                exps / 1e12));
        return text + (bytes == 0 ? " memory unknown" : String.format(Locale.ROOT, " memory %.2f TB/s", bytes / 1e12));
    }
}
