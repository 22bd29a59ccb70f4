package invar.core.testkit;

import invar.core.Device;
import invar.core.Op;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// The cases of [BackendContract] without a test framework, for a machine that has none: runs them on the device that
/// the first argument names, in the precision that another may name (fp32 if none does), without the vendor's libraries
/// that the others name, prints how many of each kind of op agree with the reference, and ends with 1 if one does not.
public final class ContractRun {

    private static final int SHOWN = 20;

    private ContractRun() {}

    /// See above.
    public static void main(String[] args) {
        if (args.length == 0) {
            System.err.println("contract: needs the name of a device, such as cuda, and takes fp32, tf32 or bf16, and "
                    + "libraries to do without");
            System.exit(2);
        }
        Map<String, int[]> counts = new TreeMap<>();           // agree, do not
        int failed = 0, all = 0;
        Precision precision = Precision.FP32;
        Set<String> without = new TreeSet<>(Arrays.asList(args).subList(1, args.length));
        for (Precision each : Precision.values()) if (without.remove(each.toString())) precision = each;
        try (Device device = Device.open(args[0], new DeviceOptions(DeviceOptions.DEFAULT.threads(), 0, precision,
                without))) {
            if (device.precision() != precision) {
                System.err.println("contract: " + args[0] + " has no products in " + precision);
                System.exit(2);
            }
            device.libraries().forEach(System.out::println);
            Comparison comparison = new Comparison(device, device.floating(), precision);
            for (Case c : Cases.all()) {
                int[] count = counts.computeIfAbsent(kind(c.op()), kind -> new int[2]);
                all++;
                try {
                    comparison.check(c);
                    count[0]++;
                } catch (AssertionError | RuntimeException e) {
                    count[1]++;
                    if (++failed <= SHOWN) System.out.println("FAILED " + c + ": " + e.getMessage());
                }
            }
        }
        counts.forEach((kind, count) -> System.out.printf("%-24s %5d agree%s%n", kind, count[0],
                count[1] == 0 ? "" : ", " + count[1] + " do not"));
        System.out.printf("contract: %d of %d cases agree with the reference on %s in %s%n", all - failed, all, args[0],
                precision);
        System.exit(failed == 0 ? 0 : 1);
    }

    private static String kind(Op op) {
        return op instanceof Enum<?> e ? e.getDeclaringClass().getSimpleName() : op.getClass().getSimpleName();
    }
}
