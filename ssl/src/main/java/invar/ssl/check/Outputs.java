package invar.ssl.check;

import invar.core.Tensor;
import invar.nn.io.StoredTensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// What an op computed, by name, on the host. Real numbers keep the type of the device, integers are 64 bits wide.
public final class Outputs {

    private final Map<String, StoredTensor> byName = new LinkedHashMap<>();

    /// The contents of a device's tensor.
    void put(String name, Tensor tensor) {
        long[] shape = Arrays.stream(tensor.shape().extents()).asLongStream().toArray();
        byName.put(name, switch (tensor.dtype()) {
            case F32 -> StoredTensor.of(tensor.floats(), shape);
            case I32 -> StoredTensor.of(Arrays.stream(tensor.integers()).asLongStream().toArray(), shape);
            case F64 -> StoredTensor.of(tensor.doubles(), shape);
        });
    }

    /// A real number.
    void put(String name, double value) {
        put(name, new double[] {value});
    }

    /// Real numbers, row-major; no extents mean a scalar.
    void put(String name, double[] values, long... shape) {
        byName.put(name, StoredTensor.of(values, shape));
    }

    /// Real numbers, row-major.
    void put(String name, float[] values, long... shape) {
        byName.put(name, StoredTensor.of(values, shape));
    }

    /// Integers, row-major; no extents mean a scalar.
    void put(String name, int[] values, long... shape) {
        byName.put(name, StoredTensor.of(Arrays.stream(values).asLongStream().toArray(), shape));
    }

    /// Everything so far, in the order in which it was put.
    Map<String, StoredTensor> byName() {
        return Collections.unmodifiableMap(byName);
    }
}
