package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.ContractionOp.Conv2d;
import invar.core.reference.ReferenceBackend;
import org.junit.jupiter.api.Test;

final class TensorTest {

    private final Device device = Device.open("reference");

    private Tensor row(double... values) {
        return device.tensor(Shape.of(values.length), values);
    }

    @Test
    void holdsWhatWasUploaded() {
        Tensor x = device.tensor(Shape.of(2, 2), 1f, 2f, 3f, 0.1f);
        assertThat(x.floats()).containsExactly(1, 2, 3, 0.1f);
        x.upload(1.0, 2, 3, 0.1);
        assertThat(x.doubles()).containsExactly(1, 2, 3, 0.1);
        Tensor labels = device.integers(Shape.of(3), 7, -1, 2);
        assertThat(labels.integers()).containsExactly(7, -1, 2);
        assertThat(labels.doubles()).containsExactly(7, -1, 2);
        assertThat(device.scalar(5).item()).isEqualTo(5);
    }

    @Test
    void rowsAndReshapesAreViews() {
        Tensor x = row(1, 2, 3, 4, 5, 6), view = x.reshape(3, 2).rows(1, 3);
        x.upload(10.0, 20, 30, 40, 50, 60);
        assertThat(view.doubles()).containsExactly(30, 40, 50, 60);
        assertThat(view.storage()).isSameAs(x.storage());
        assertThat(view.offset()).isEqualTo(2);
    }

    @Test
    void broadcastsTheSmallerSideWhicheverItIs() {
        Tensor small = row(1, 2), large = device.tensor(Shape.of(2, 2), 10.0, 20, 30, 40);
        assertThat(small.sub(large).doubles()).containsExactly(-9, -18, -29, -38);
        assertThat(large.sub(small).doubles()).containsExactly(9, 18, 29, 38);
        Tensor column = device.tensor(Shape.of(2, 1), 100.0, 200);
        assertThat(column.add(row(1, 2)).doubles()).as("both sides repeat").containsExactly(101, 102, 201, 202);
    }

    @Test
    void shapesThatDoNotFitAreNamedWithTheRule() {
        Tensor a = device.zeros(Shape.of(2, 3));
        assertThatThrownBy(() -> a.matmul(a))
                .isInstanceOf(ShapeException.class)
                .hasMessage("MatMul[transposeA=false, transposeB=false] on [(2, 3), (2, 3)]: "
                        + "inner extents differ: 3 != 2");
        assertThatThrownBy(() -> a.add(row(1, 2)))
                .hasMessage("shapes (2, 3) and (2) do not broadcast: extents 3 and 2 differ");
        assertThatThrownBy(() -> a.reshape(4, 2))
                .hasMessageContaining("a reshape keeps the number of elements: 6 != 8");
        assertThatThrownBy(() -> a.slice(1, 2, 2)).hasMessageContaining("the range 2 to 2 is empty or outside axis 1");
        Tensor image = device.zeros(Shape.of(1, 3, 4, 4)), weight = device.zeros(Shape.of(2, 2, 3, 3));
        assertThatThrownBy(() -> image.conv2d(weight, Conv2d.of(1, 0)))
                .hasMessageContaining("the weight must have C/groups = 3 channels, not 2");
        assertThatThrownBy(() -> image.maxPool2d(5, 1, 0)).hasMessageContaining("the window is larger than the padded");
        assertThatThrownBy(() -> image.maxPool2d(2, 1, 2)).hasMessageContaining("0 ≤ padding ≤ kernel/2");
    }

    @Test
    void typesThatDoNotFitAreRefused() {
        Tensor x = row(1, 2), labels = device.integers(Shape.of(2), 0, 1);
        assertThatThrownBy(labels::exp).hasMessage("EXP: input 0 must be floating but is I32");
        assertThatThrownBy(() -> x.gather(x)).hasMessage("Gather[]: input 1 must be I32 but is F64");
        assertThatThrownBy(() -> labels.upload(1.0, 2)).hasMessage("a tensor of I32 does not hold real numbers");
        assertThatThrownBy(x::integers).hasMessage("a tensor of F64 does not hold integers");
        assertThatThrownBy(() -> x.upload(1.0)).hasMessage("a tensor of shape (2) takes 2 values, not 1");
        assertThatThrownBy(x::item).hasMessage("only a tensor of one element has a value: (2)");
    }

    @Test
    void tensorsOfTwoDevicesDoNotMix() {
        try (Device other = new Device("other", new ReferenceBackend())) {
            assertThatThrownBy(() -> row(1).add(other.scalar(1)))
                    .hasMessage("ADD: input 1 is on another device: other");
        }
    }

    @Test
    void aDeviceIsNamedOrRefusedWithAReason() {
        assertThat(device.name()).isEqualTo("reference");
        assertThat(device.floating()).isEqualTo(DType.F64);
        assertThatThrownBy(() -> Device.open("tpu")).hasMessageStartingWith("no device 'tpu': there are auto");
        assertThatThrownBy(() -> Device.open("reference:x"))
                .hasMessage("after the colon of a device's name comes its number: reference:x");
    }

    @Test
    void showsItsValuesIfTheyAreFew() {
        assertThat(row(1, 2)).hasToString("F64 (2) on reference [1.0, 2.0]");
        assertThat(device.zeros(Shape.of(17))).hasToString("F64 (17) on reference");
    }
}
