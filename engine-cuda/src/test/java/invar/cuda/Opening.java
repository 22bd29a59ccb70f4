package invar.cuda;

import invar.core.Device;
import invar.core.Shape;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import invar.cuda.Emulator.What;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// Opens the device that the first argument names and computes with it, in a process of its own: what the driver is
/// like is found out once a process. Prints the device's name and what was passed over, or what is wrong. A second
/// argument is the precision that is allowed; then it prints the one that the device has. Where the emulator refuses a
/// call, prints also what was left on the device, which is an error.
public final class Opening {

    private Opening() {}

    /// See above.
    public static void main(String[] args) {
        boolean precise = args.length > 1;
        DeviceOptions options = precise
                ? new DeviceOptions(1, 0, Precision.valueOf(args[1].toUpperCase(Locale.ROOT)), Set.of())
                : DeviceOptions.DEFAULT;
        try (Device device = Device.open(args[0], options)) {
            if (precise) System.out.print(device.precision() + " ");
            System.out.print(device.name() + " " + device.tensor(Shape.of(1), 2).square().floats()[0] + " "
                    + device.passedOver());
        } catch (IllegalArgumentException e) {
            System.out.print(e.getMessage());
        }
        if (System.getenv("EMULATOR_REFUSE") == null) return;
        for (What what : EnumSet.complementOf(EnumSet.of(What.LAUNCHES, What.PEAK_BYTES))) {
            if (Emulator.count(what) != 0) System.out.print("; left: " + what + " " + Emulator.count(what));
        }
    }
}
