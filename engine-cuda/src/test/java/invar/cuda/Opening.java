package invar.cuda;

import invar.core.Device;
import invar.core.Shape;

/// Opens the device that the first argument names and computes with it, in a process of its own: what the driver is
/// like is found out once a process. Prints the device's name and what was passed over, or what is wrong.
public final class Opening {

    private Opening() {}

    /// See above.
    public static void main(String[] args) {
        try (Device device = Device.open(args[0])) {
            System.out.print(device.name() + " " + device.tensor(Shape.of(1), 2).square().floats()[0] + " "
                    + device.passedOver());
        } catch (IllegalArgumentException e) {
            System.out.print(e.getMessage());
        }
    }
}
