package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ShapeTest {

    @Test
    void aScalarHasNoAxesAndOneElement() {
        assertThat(Shape.of().rank()).isZero();
        assertThat(Shape.of().elements()).isEqualTo(1);
        assertThat(Shape.of()).hasToString("()");
    }

    @Test
    void negativeAxesCountFromTheEnd() {
        Shape shape = Shape.of(2, 3, 5);
        assertThat(shape.dim(-1)).isEqualTo(5);
        assertThat(shape.dim(-3)).isEqualTo(2);
        assertThat(shape.axis(-2)).isEqualTo(1);
        assertThatThrownBy(() -> shape.dim(3)).hasMessage("no axis 3 in (2, 3, 5)");
        assertThatThrownBy(() -> shape.axis(-4)).hasMessage("no axis -4 in (2, 3, 5)");
    }

    @Test
    void refusesAnExtentOfZero() {
        assertThatThrownBy(() -> Shape.of(2, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every extent of a shape must be at least 1: [2, 0]");
    }

    @Test
    void isAValue() {
        int[] extents = {2, 3};
        Shape shape = Shape.of(extents);
        extents[0] = 7;
        shape.extents()[1] = 7;
        assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3)).isNotEqualTo(Shape.of(3, 2));
        assertThat(shape.with(-1, 9)).isEqualTo(Shape.of(2, 9));
        assertThat(shape).isEqualTo(Shape.of(2, 3));
    }

    @Test
    void productsDoNotOverflow() {
        assertThat(Shape.of(1 << 20, 1 << 20).elements()).isEqualTo(1L << 40);
        assertThat(Shape.of(2, 3, 5, 7).product(1, 3)).isEqualTo(15);
        assertThat(Shape.of(2, 3).product(1, 1)).isEqualTo(1);
    }

    @Test
    void broadcastingAlignsTheLastAxes() {
        Shape large = Shape.of(2, 3, 5);
        assertThat(Shape.of().broadcastsTo(large)).isTrue();
        assertThat(Shape.of(5).broadcastsTo(large)).isTrue();
        assertThat(Shape.of(3, 1).broadcastsTo(large)).isTrue();
        assertThat(Shape.of(1, 1, 1).broadcastsTo(large)).isTrue();
        assertThat(Shape.of(3).broadcastsTo(large)).isFalse();
        assertThat(Shape.of(2, 3).broadcastsTo(large)).isFalse();
        assertThat(Shape.of(1, 2, 3, 5).broadcastsTo(large)).isFalse();
        assertThat(large.broadcastsTo(Shape.of(1, 3, 5))).isFalse();
    }

    @Test
    void theCommonShapeTakesTheLargerExtents() {
        assertThat(Shape.common(Shape.of(2, 1, 5), Shape.of(3, 1))).isEqualTo(Shape.of(2, 3, 5));
        assertThat(Shape.common(Shape.of(), Shape.of(7))).isEqualTo(Shape.of(7));
        assertThatThrownBy(() -> Shape.common(Shape.of(2, 3), Shape.of(2)))
                .hasMessage("shapes (2, 3) and (2) do not broadcast: extents 3 and 2 differ");
    }
}
