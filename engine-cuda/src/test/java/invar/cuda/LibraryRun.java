package invar.cuda;

import invar.core.ContractionOp.Conv2d;
import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.spi.BackendProvider;
import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import java.util.Arrays;
import java.util.Set;

/// Computes a product and a convolution on `cuda` and says with what, in a process of its own: libraries are looked for
/// once a process. The arguments are libraries to do without.
public final class LibraryRun {

    private LibraryRun() {}

    /// See above.
    public static void main(String[] without) {
        for (BackendProvider provider : Device.providers()) {
            if (provider.unavailable().isEmpty()) provider.libraries().forEach(System.out::println);
        }
        try (Device device = Device.open("cuda", new DeviceOptions(1, 0, Precision.TF32, Set.of(without)))) {
            Tensor a = device.tensor(Shape.of(2, 2), 1, 2, 3, 4);
            Tensor x = device.tensor(Shape.of(1, 1, 2, 2), 1, 2, 3, 4);
            Tensor w = device.tensor(Shape.of(1, 1, 2, 2), 1, 1, 1, 1);
            System.out.println(Arrays.toString(a.matmul(a).floats()) + " "
                    + Arrays.toString(Ops.apply(Conv2d.of(1, 0), x, w)[0].floats()));
            System.out.print(device.precision() + " " + device.libraries());
        }
    }
}
