package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.DType;
import invar.core.Device;
import invar.core.Ops;
import invar.core.PointwiseOp.Unary;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.fused.SoftmaxCrossEntropy;
import org.junit.jupiter.api.Test;

class CpuBackendTest {

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("invar-cpu-")).count();
    }

    @Test
    void isFoundByItsName() {
        try (Device cpu = Device.open("cpu")) {
            assertThat(cpu.name()).isEqualTo("cpu");
            assertThat(cpu.floating()).isEqualTo(DType.F32);
        }
    }

    @Test
    void closingEndsItsThreadsAndNoOthers() {
        long before = threads();
        CpuBackend first = new CpuBackend(3), second = new CpuBackend(2);
        assertThat(threads()).isEqualTo(before + 3);
        first.close();
        assertThat(threads()).isEqualTo(before + 1);
        second.close();
        assertThat(threads()).isEqualTo(before);
    }

    @Test
    void twoWorkSideBySide() {
        try (Device one = new Device("one", new CpuBackend(2)); Device two = new Device("two", new CpuBackend(3))) {
            Tensor a = one.tensor(Shape.of(100_000), Numbers.random(100_000, 1));
            Tensor b = two.tensor(Shape.of(100_000), Numbers.random(100_000, 1));
            assertThat(Ops.run(Unary.TANH, a).floats()).isEqualTo(Ops.run(Unary.TANH, b).floats());
        }
    }

    @Test
    void doesNothingAfterItsEnd() {
        Device cpu = new Device("cpu", new CpuBackend(2));
        Tensor x = cpu.zeros(Shape.of(3));
        cpu.close();
        assertThatIllegalStateException().isThrownBy(() -> Ops.run(Unary.EXP, x)).withMessageContaining("closed");
    }

    @Test
    void saysHowMuchMemoryItLacked() {
        try (CpuBackend cpu = new CpuBackend(1)) {
            assertThatThrownBy(() -> cpu.allocate(DType.F32, Integer.MAX_VALUE - 20L))
                    .isInstanceOf(OutOfMemoryError.class)
                    .hasMessageContainingAll("2147483627 elements", "8192 MiB", "-Xmx");
        }
    }

    @Test
    void refusesMoreThanAnArrayHolds() {
        try (CpuBackend cpu = new CpuBackend(1)) {
            assertThatIllegalArgumentException().isThrownBy(() -> cpu.allocate(DType.F32, 1L << 31))
                    .withMessage("a CPU tensor is a Java array and has at most 2147483627 elements, but "
                            + "2147483648 were asked for");
        }
    }

    @Test
    void refusesLabelsThatAreNoClasses() {
        try (Device cpu = new Device("cpu", new CpuBackend(2))) {
            Tensor x = cpu.zeros(Shape.of(3, 2)), labels = cpu.integers(Shape.of(3), 0, 2, 1);
            SoftmaxCrossEntropy op = new SoftmaxCrossEntropy(0, -100);
            assertThatIllegalArgumentException().isThrownBy(() -> Ops.apply(op, x, labels))
                    .withMessageContaining("label 2 of row 1");
        }
    }
}
