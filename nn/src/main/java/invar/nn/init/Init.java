package invar.nn.init;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;

/// Where fresh parameters come from: a device, a seed, and the path of the part that is being made.
///
/// Each parameter is drawn from a random stream of its own, named by its path. So its values depend on the seed and on
/// its name alone: not on the order in which layers are made, nor on what else there is, nor on the device.
///
/// @param path names joined by points; empty at the root
public record Init(Device device, long seed, String path) {

    /// The root.
    public Init(Device device, long seed) {
        this(device, seed, "");
    }

    /// For the part called `name` of this one.
    public Init at(String name) {
        return new Init(device, seed, path.isEmpty() ? name : path + "." + name);
    }

    /// For the part with this place in a list.
    public Init at(int index) {
        return at(Integer.toString(index));
    }

    /// A fresh persistent tensor: the parameter called `name` of this part.
    ///
    /// @throws IllegalArgumentException if it has more numbers than an array
    public Tensor tensor(String name, Initializer initializer, Shape shape) {
        if (tooMany(shape)) {
            throw new IllegalArgumentException("the parameter " + at(name).path + " of shape " + shape
                    + " would have more numbers than the longest array, 2^31 - 8");
        }
        long[] characters = at(name).path.chars().asLongStream().toArray();
        double[] values = initializer.sample(shape, Philox.of(seed, characters));
        return device.persistent(() -> device.tensor(shape, values));
    }

    /// Whether the product of the extents, which may be more than a `long` holds, is too long for an array.
    private static boolean tooMany(Shape shape) {
        double product = 1;
        for (int extent : shape.extents()) product *= extent;
        return product > Integer.MAX_VALUE - 8;
    }
}
