package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ScopeTest {

    private final Device device = Device.open("reference");

    private List<Tensor> allocate() {
        List<Tensor> tensors = new ArrayList<>();
        for (int size : new int[] {1, 17, 5000, 3, 20_000, 33, 40_000, 7}) tensors.add(device.zeros(Shape.of(size)));
        tensors.add(device.integers(Shape.of(3), 1, 2, 3));
        return tensors;
    }

    @Test
    void afterAResetTheSameRequestsGetTheSameAddresses() {
        try (Scope scope = device.scope()) {
            List<Tensor> first = allocate();
            long bytes = scope.bytes();
            scope.reset();
            List<Tensor> second = allocate();
            for (int i = 0; i < first.size(); i++) {
                assertThat(second.get(i).storage()).isSameAs(first.get(i).storage());
                assertThat(second.get(i).offset()).isEqualTo(first.get(i).offset());
            }
            assertThat(scope.bytes()).as("no new memory").isEqualTo(bytes);
        }
    }

    @Test
    void tensorsDoNotOverlap() {
        try (Scope scope = device.scope()) {
            List<Tensor> tensors = allocate();
            for (int i = 0; i < tensors.size() - 1; i++) Ops.update(new UpdateOp.Fill(i), tensors.get(i));
            for (int i = 0; i < tensors.size() - 1; i++) assertThat(tensors.get(i).doubles()).containsOnly(i);
            assertThat(scope.bytes()).isGreaterThanOrEqualTo(8L * 65_000);
        }
    }

    @Test
    void aTensorMayNotBeUsedAfterItsScopeWasReset() {
        try (Scope scope = device.scope()) {
            Tensor x = device.zeros(Shape.of(2));
            Tensor view = x.rows(0, 1);
            scope.reset();
            assertThatThrownBy(x::exp)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("EXP: the scope of input 0 (2) was closed or reset");
            assertThatThrownBy(view::doubles).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> x.upload(1.0, 2)).isInstanceOf(IllegalStateException.class);
            assertThat(x).hasToString("F64 (2) on reference");
        }
    }

    @Test
    void aTensorMayNotBeUsedAfterItsScopeWasClosed() {
        Tensor x;
        try (Scope scope = device.scope()) {
            x = device.zeros(Shape.of(2));
            assertThat(scope.bytes()).isPositive();
        }
        assertThatThrownBy(x::doubles).isInstanceOf(IllegalStateException.class);
        assertThat(device.zeros(Shape.of(2)).doubles()).containsExactly(0, 0);
    }

    @Test
    void theInnermostScopeOwnsNewTensors() {
        try (Scope outer = device.scope()) {
            Tensor kept = device.zeros(Shape.of(2));
            Tensor lost;
            try (Scope inner = device.scope()) {
                lost = kept.plus(1);
                inner.reset();
                assertThat(kept.doubles()).containsExactly(0, 0);
            }
            assertThatThrownBy(lost::doubles).isInstanceOf(IllegalStateException.class);
            assertThat(kept.plus(2).doubles()).containsExactly(2, 2);
            outer.reset();
            assertThatThrownBy(kept::doubles).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void scopesCloseInReverseOrder() {
        Scope outer = device.scope(), inner = device.scope();
        assertThatThrownBy(outer::close).hasMessage("scopes close in reverse order of opening");
        inner.close();
        outer.close();
        outer.close();                                              // a second time does nothing
        assertThatThrownBy(outer::reset).hasMessage("the scope is closed");
    }

    @Test
    void persistentTensorsOutliveTheScope() {
        Tensor x;
        try (Scope scope = device.scope()) {
            x = device.persistent(() -> device.full(Shape.of(2), 3));
            Tensor inside = device.zeros(Shape.of(1));
            scope.reset();
            assertThatThrownBy(inside::doubles).isInstanceOf(IllegalStateException.class);
        }
        assertThat(x.doubles()).containsExactly(3, 3);
    }

    @Test
    void persistentEndsAlsoAfterAnException() {
        try (Scope scope = device.scope()) {
            assertThatThrownBy(() -> device.persistent(() -> {
                throw new IllegalArgumentException("on purpose");
            })).hasMessage("on purpose");
            Tensor x = device.zeros(Shape.of(2));
            scope.reset();
            assertThatThrownBy(x::doubles).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void nothingPersistentBelongsToTheScope() {
        try (Scope scope = device.scope()) {
            device.persistent(() -> device.zeros(Shape.of(1000)));
            assertThat(scope.bytes()).isZero();
        }
    }
}
