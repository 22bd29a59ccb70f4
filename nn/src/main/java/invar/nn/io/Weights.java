package invar.nn.io;

import invar.core.DType;
import invar.core.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Tensors of a device as a safetensors file: the weights of a network, the state of an optimiser.
public final class Weights {

    private Weights() {}

    /// Writes all tensors, in their order, in the type they have, replacing the file as a whole or not at all.
    ///
    /// @throws IOException if it cannot be written
    public static void save(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        Map<String, StoredTensor> stored = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> stored.put(name, store(tensor)));
        new Safetensors(metadata, stored).write(file);
    }

    /// Overwrites all of `tensors` with those of the same names in the file, rounded to the device's type where it is
    /// narrower. Other tensors in the file are not looked at. Everything is checked before the first is overwritten.
    ///
    /// @return the file's metadata
    /// @throws IOException              if the file cannot be read or is no safetensors file
    /// @throws IllegalArgumentException if a tensor is missing in the file, differs in shape or kind, or holds an
    ///                                  integer of more than 32 bits; in one sentence
    public static Map<String, String> load(Path file, Map<String, Tensor> tensors) throws IOException {
        Safetensors content = Safetensors.read(file);
        check(file, content, tensors);
        tensors.forEach((name, tensor) -> upload(content.tensor(name), tensor));
        return content.metadata();
    }

    /// Throws unless `content` has every one of `tensors`, with its shape, and integers for integers.
    private static void check(Path file, Safetensors content, Map<String, Tensor> tensors) {
        tensors.forEach((name, tensor) -> {
            StoredTensor stored = content.tensors().get(name);
            if (stored == null) throw new IllegalArgumentException(file + " has no tensor " + name);
            long[] shape = Arrays.stream(tensor.shape().extents()).asLongStream().toArray();
            if (!Arrays.equals(shape, stored.shape())) {
                throw new IllegalArgumentException(file + ": " + name + " has shape " + Arrays.toString(stored.shape())
                        + ", but " + Arrays.toString(shape) + " is expected");
            }
            if (floating(stored) != tensor.dtype().floating()) {
                throw new IllegalArgumentException("%s: %s is of type %s, but the tensor to fill of %s"
                        .formatted(file, name, stored.type(), tensor.dtype()));
            }
            if (!floating(stored)) checkRange(file, name, stored);
        });
    }

    private static void checkRange(Path file, String name, StoredTensor stored) {
        for (long value : stored.longs()) {
            if ((int) value != value) {
                throw new IllegalArgumentException(
                        file + ": " + name + " holds " + value + ", which is outside the 32-bit integers");
            }
        }
    }

    private static boolean floating(StoredTensor stored) {
        return stored.type() == StoredTensor.Type.F32 || stored.type() == StoredTensor.Type.F64;
    }

    private static StoredTensor store(Tensor tensor) {
        long[] shape = Arrays.stream(tensor.shape().extents()).asLongStream().toArray();
        return switch (tensor.dtype()) {
            case F32 -> StoredTensor.of(tensor.floats(), shape);
            case F64 -> StoredTensor.of(tensor.doubles(), shape);
            case I32 -> StoredTensor.of(tensor.integers(), shape);
        };
    }

    private static void upload(StoredTensor stored, Tensor tensor) {
        if (tensor.dtype() == DType.I32) tensor.upload(stored.ints());
        else if (stored.type() == StoredTensor.Type.F32) tensor.upload(stored.floats());
        else tensor.upload(stored.doubles());
    }
}
