package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.DType;
import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp.Assign;
import invar.core.spi.Backend;
import invar.core.spi.Replay;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// Every backend must pass this: every op, on awkward shapes and meaningful numbers, agrees with the reference backend
/// to within [Tolerance]; inputs are left alone; views work as inputs; nothing outside an output is written.
///
/// A backend's test is one subclass that says how to make it. That no op is forgotten is checked by [CasesTest].
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class BackendContract {

    private Device device;

    /// Makes the backend. Called once; the contract closes it.
    protected abstract Backend backend();

    /// The type that results are rounded to.
    protected DType precision() {
        return device.floating();
    }

    @BeforeAll
    void open() {
        device = new Device("tested", backend());
    }

    @AfterAll
    void close() {
        device.close();
    }

    private Stream<DynamicTest> matching(List<Case> cases) {
        Comparison comparison = new Comparison(device, precision());
        return cases.stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> comparison.check(c)));
    }

    @TestFactory
    Stream<DynamicTest> pointwiseOpsMatchTheReference() {
        return matching(PointwiseCases.all());
    }

    @TestFactory
    Stream<DynamicTest> reductionsMatchTheReference() {
        return matching(ReductionCases.all());
    }

    @TestFactory
    Stream<DynamicTest> contractionsMatchTheReference() {
        return matching(ContractionCases.all());
    }

    @TestFactory
    Stream<DynamicTest> movementsMatchTheReference() {
        return matching(MovementCases.all());
    }

    @TestFactory
    Stream<DynamicTest> poolingMatchesTheReference() {
        return matching(PoolingCases.all());
    }

    @TestFactory
    Stream<DynamicTest> updatesMatchTheReference() {
        return matching(UpdateCases.all());
    }

    @TestFactory
    Stream<DynamicTest> fusedOpsMatchTheirReference() {
        return matching(FusedCases.all());
    }

    @Test
    void aCapturedStepRunsOnceAndThenWithNewValues() {
        Tensor total = device.tensor(Shape.of(3), 1, 2, 3), x = device.tensor(Shape.of(3), 10, 20, 30);
        Replay replay = device.backend().capture(() -> Ops.update(Assign.ACCUMULATE, total, x));
        assertThat(total.doubles()).containsExactly(11, 22, 33);
        replay.run();
        assertThat(total.doubles()).containsExactly(21, 42, 63);
        x.upload(-1.0, 0, 1);
        replay.run();
        assertThat(total.doubles()).containsExactly(20, 42, 64);
    }

    @Test
    void whatIsUploadedComesBack() {
        for (int size : new int[] {1, 3, 33, 4099}) {
            Input numbers = Input.gaussian(1, Shape.of(size));
            Input integers = Input.integersBelow(1 << 30, 2, Shape.of(size));
            assertThat(numbers.on(device).doubles()).isEqualTo(numbers.values());
            assertThat(integers.on(device).integers()).isEqualTo(integers.ints());
            assertThat(numbers.on(device).rows(size / 2, size).floats()).hasSize(size - size / 2)
                    .startsWith((float) numbers.values()[size / 2]);
        }
    }

    /// A scope's memory, the offsets of views and the guards of the comparison itself rest on this.
    @Test
    void copiesIntoAViewLeaveItsNeighboursAlone() {
        Tensor whole = device.tensor(Shape.of(5, 3), new double[15]);
        Ops.update(Assign.COPY, whole.rows(1, 3), device.tensor(Shape.of(2, 3), 1, 2, 3, 4, 5, 6));
        assertThat(whole.doubles()).containsExactly(0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0);
    }
}
