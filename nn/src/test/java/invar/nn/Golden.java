package invar.nn;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.io.Safetensors;
import invar.nn.io.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// One case of reference data: inputs, hyper-parameters, and what public implementations compute from them.
///
/// The cases beside the tests are a selection; `-Dgolden=FOLDER` runs the tests on another collection of the same
/// layout.
public final class Golden {

    private final Path file;
    private final Safetensors content;

    private Golden(Path file) {
        this.file = file;
        try {
            this.content = Safetensors.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// All cases of an op; at least one.
    public static Stream<Golden> cases(String op) {
        Path folder = Path.of(System.getProperty("golden", "src/test/resources/golden"), op);
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = files.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
            assertThat(sorted).isNotEmpty();
            return sorted.stream().map(Golden::new);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A hyper-parameter.
    public String text(String key) {
        assertThat(content.metadata()).containsKey(key);
        return content.metadata().get(key);
    }

    public double number(String key) {
        return Double.parseDouble(text(key));
    }

    public boolean flag(String key) {
        return text(key).equals("true");
    }

    /// A hyper-parameter such as `[1, 2]`.
    public List<Integer> list(String key) {
        return Arrays.stream(text(key).replaceAll("[\\[\\] ]", "").split(",")).map(Integer::valueOf).toList();
    }

    public boolean has(String name) {
        return content.tensors().containsKey(name);
    }

    /// Names that begin with `prefix`, without it, in the order of the file.
    public List<String> names(String prefix) {
        return content.tensors().keySet().stream()
                .filter(n -> n.startsWith(prefix)).map(n -> n.substring(prefix.length())).toList();
    }

    public StoredTensor stored(String name) {
        return content.tensor(name);
    }

    /// An input, on a device.
    public Tensor tensor(Device device, String name) {
        StoredTensor stored = content.tensor(name);
        Shape shape = Shape.of(Arrays.stream(stored.shape()).mapToInt(Math::toIntExact).toArray());
        return stored.type() == StoredTensor.Type.I64
                ? device.integers(shape, stored.ints()) : device.tensor(shape, stored.doubles());
    }

    /// Compares slice by slice along the first axis: max |x − ref| ≤ atol + rtol · max |ref|.
    public void check(String name, Tensor actual) {
        StoredTensor expected = content.tensor(name);
        long[] shape = Arrays.stream(actual.shape().extents()).asLongStream().toArray();
        assertThat(shape).as(name).isEqualTo(expected.shape());
        double rtol = number("rtol." + name), atol = number("atol." + name);
        double[] x = actual.doubles(), reference = expected.doubles();
        int slices = expected.shape().length > 1 ? (int) expected.shape()[0] : 1, size = x.length / slices;
        for (int s = 0; s < slices; s++) {
            double worst = 0, largest = 0;
            for (int i = s * size; i < (s + 1) * size; i++) {
                worst = Math.max(worst, Math.abs(x[i] - reference[i]));
                if (Double.isNaN(x[i])) worst = Double.POSITIVE_INFINITY;
                largest = Math.max(largest, Math.abs(reference[i]));
            }
            assertThat(worst).as("%s, %s, slice %d", this, name, s).isLessThanOrEqualTo(atol + rtol * largest);
        }
    }

    /// Compares a scalar with the number in the metadata, which has all its digits.
    public void checkScalar(String name, double actual) {
        double expected = number(name);
        assertThat(Math.abs(actual - expected)).as("%s, %s", this, name)
                .isLessThanOrEqualTo(number("atol." + name) + number("rtol." + name) * Math.abs(expected));
    }

    @Override
    public String toString() {
        return file.getParent().getFileName() + "/" + file.getFileName();
    }
}
