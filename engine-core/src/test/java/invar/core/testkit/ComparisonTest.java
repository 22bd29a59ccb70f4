package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.DType;
import invar.core.Device;
import invar.core.MovementOp;
import invar.core.PointwiseOp.Unary;
import invar.core.Shape;
import invar.core.reference.ReferenceBackend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A contract is worth what it catches.
final class ComparisonTest {

    private static Comparison with(DoubleUnaryOperator change) {
        return new Comparison(new Device("changed", new NoisyBackend(change)), DType.F32);
    }

    private static boolean passes(Comparison comparison, Case c) {
        try {
            comparison.check(c);
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    /// One part in a thousand off: what a wrong constant, a lost term or half precision would do.
    @Test
    void smallErrorsAreCaughtForEveryOpThatComputes() {
        Comparison wrong = with(x -> x * 1.001 + 1e-6);
        List<String> missed = new ArrayList<>();
        for (Case c : smallCases()) {
            if (passes(wrong, c)) missed.add(c.toString());
        }
        assertThat(missed).isEmpty();
    }

    /// One ordinary case of every op whose results the changed backend changes.
    private static List<Case> smallCases() {
        List<Case> cases = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        for (Case c : Cases.all()) {
            boolean exact = c.op() instanceof MovementOp || c.toString().startsWith("Max")
                    || c.toString().startsWith("BroadcastTo") || c.toString().startsWith("Advance");   // of integers
            String kind = OpKinds.of(c.op()) + c.gradient();
            long size = c.in().getFirst().shape().elements();
            if (exact || size < 8 || size > 500 || !c.what().isEmpty() || seen.contains(kind)) continue;
            seen.add(kind);
            cases.add(c);
        }
        assertThat(cases).hasSizeGreaterThan(50);
        return cases;
    }

    @Test
    void exactOpsMayNotEvenBeOffByOneUnit() {
        Case c = Case.of("", Unary.NEG, Tolerance.EXACT, Input.gaussian(1, Shape.of(9)));
        assertThat(passes(with(x -> x), c)).isTrue();
        assertThat(passes(with(x -> Math.nextUp((float) x)), c)).isFalse();
    }

    @Test
    void oneWrongElementIsNamed() {
        Case c = Case.of("", Unary.EXP, Tolerance.terms(1), Input.of(Shape.of(3), 0, 1, 2));
        assertThatThrownBy(() -> with(x -> x > 5 ? x + 1e-3 : x).check(c))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Unary.EXP (3), on its own: result 0, element 2 of (3) is 7.390")
                .hasMessageContaining("but should be 7.389");
    }

    @Test
    void aNumberInPlaceOfNanIsCaught() {
        Case c = Case.of("", Unary.RELU, Tolerance.EXACT, Input.of(Shape.of(2), Double.NaN, 1));
        assertThat(passes(with(x -> x), c)).isTrue();
        assertThat(passes(with(x -> Double.isNaN(x) ? 0 : x), c)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void writingOutsideATensorIsCaught(boolean written) {
        try (Device device = new Device("reference", new ReferenceBackend())) {
            Guarded guarded = Guarded.of(device, Input.gaussian(1, Shape.of(2, 3)), 5, written);
            assertThatCode(() -> guarded.assertIntact("x")).doesNotThrowAnyException();
            guarded.whole().rows(11, 12).upload(0.0);
            assertThatThrownBy(() -> guarded.assertIntact("x"))
                    .hasMessageContaining("x: element 6, outside the tensor");
        }
    }

    /// One element too many, as with i <= n, writes what it makes of the element behind the input: not a number.
    @Test
    void writingOneElementTooManyIsCaught() {
        try (Device device = new Device("reference", new ReferenceBackend())) {
            Guarded x = Guarded.of(device, Input.gaussian(1, Shape.of(7)), 3, false);
            Guarded y = Guarded.empty(device, Shape.of(7), false, 16);
            y.whole().rows(16, 24).upload(Arrays.copyOfRange(x.whole().doubles(), 3, 11));
            assertThatThrownBy(() -> y.assertIntact("y")).hasMessageContaining("y: element 7, outside the tensor");
        }
    }
}
