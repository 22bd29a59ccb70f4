package invar.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Devices;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class WeightsTest {

    private static final ResNet.Spec SPEC = ResNet.Spec.ofDepth(10, 2, ResNet.Stem.SMALL);

    @TempDir
    Path folder;

    private final Device device = Device.open("reference");

    static Stream<String> devices() {
        return Devices.NAMES.stream();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void whatWasSavedIsLoaded(String name) throws IOException {
        Device device = Devices.of(name);
        ResNet saved = ResNet.of(new Init(device, 1), SPEC), loaded = ResNet.of(new Init(device, 2), SPEC);
        Path file = folder.resolve("weights.safetensors");
        Weights.save(file, Modules.state(saved), Map.of("step", "7"));
        assertThat(Weights.load(file, Modules.state(loaded))).containsEntry("step", "7");
        Modules.state(saved).forEach((n, tensor) ->
                assertThat(Modules.state(loaded).get(n).doubles()).as(n).containsExactly(tensor.doubles()));
    }

    @Test
    void integersStayIntegers() throws IOException {
        Tensor saved = device.integers(Shape.of(3), 1, -2, Integer.MAX_VALUE);
        Tensor loaded = device.integers(Shape.of(3), 0, 0, 0);
        Path file = folder.resolve("w");
        Weights.save(file, Map.of("cursor", saved), Map.of());
        Weights.load(file, Map.of("cursor", loaded));
        assertThat(loaded.integers()).containsExactly(1, -2, Integer.MAX_VALUE);
        assertThatThrownBy(() -> Weights.load(file, Map.of("cursor", device.zeros(Shape.of(3)))))
                .hasMessage(file + ": cursor is of type I32, but the tensor to fill of F64");
    }

    @Test
    void otherTensorsInTheFileAreIgnored() throws IOException {
        Path file = folder.resolve("w");
        Weights.save(file, Map.of("a", device.full(Shape.of(2), 3), "b", device.full(Shape.of(5), 4)), Map.of());
        Tensor a = device.zeros(Shape.of(2));
        Weights.load(file, Map.of("a", a));
        assertThat(a.doubles()).containsExactly(3, 3);
    }

    @Test
    void nothingIsOverwrittenUnlessEverythingFits() throws IOException {
        Path file = folder.resolve("w");
        Weights.save(file, Map.of("a", device.full(Shape.of(2), 3), "b", device.full(Shape.of(2, 3), 4)), Map.of());
        Tensor a = device.zeros(Shape.of(2));
        Map<String, Tensor> wrongShape = new LinkedHashMap<>();
        wrongShape.put("a", a);
        wrongShape.put("b", device.zeros(Shape.of(3, 2)));
        assertThatThrownBy(() -> Weights.load(file, wrongShape))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ": b has shape [2, 3], but [3, 2] is expected");
        Map<String, Tensor> missing = new LinkedHashMap<>();
        missing.put("a", a);
        missing.put("c", device.zeros(Shape.of(1)));
        assertThatThrownBy(() -> Weights.load(file, missing)).hasMessage(file + " has no tensor c");
        assertThat(a.doubles()).containsExactly(0, 0);
    }

    @Test
    void integersOfMoreThan32BitsAreRefused() throws IOException {
        Path file = folder.resolve("w");
        new Safetensors(Map.of(), Map.of("cursor", StoredTensor.of(new long[] {1L << 40}, 1))).write(file);
        assertThatThrownBy(() -> Weights.load(file, Map.of("cursor", device.integers(Shape.of(1), 0))))
                .hasMessage(file + ": cursor holds 1099511627776, which is outside the 32-bit integers");
    }
}
