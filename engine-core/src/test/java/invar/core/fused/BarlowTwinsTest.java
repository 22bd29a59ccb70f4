package invar.core.fused;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.ShapeException;
import invar.core.Tensor;
import invar.core.testkit.FusedGradient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BarlowTwinsTest {

    private final Device device = Device.open("reference");

    private Tensor gaussian(long seed, int... extents) {
        return FusedGradient.gaussian(device, seed, Shape.of(extents));
    }

    @ParameterizedTest
    @CsvSource({"3, 5, 0.0051", "5, 9, 1", "7, 3, 0.3", "4, 17, 0"})
    void handDerivedGradientIsThatOfTheComposition(int n, int d, double lambda) {
        FusedGradient.check(new BarlowTwins(lambda, 1e-5), 1, gaussian(1, n, d), gaussian(2, n, d));
    }

    /// The identity that the Gram matrices rest on, with saved values: λ/N² ⟨G, H⟩ + Σ ((1 − c)² − λ c²).
    @ParameterizedTest
    @CsvSource({"3, 5", "5, 9", "9, 4"})
    void savedGramMatricesGiveTheLoss(int n, int d) {
        double lambda = 0.3;
        Tensor[] out = Ops.apply(new BarlowTwins(lambda, 1e-5), gaussian(1, n, d), gaussian(2, n, d));
        double[] c = out[5].doubles(), g = out[6].doubles(), h = out[7].doubles();
        double loss = 0;
        for (int i = 0; i < n * n; i++) loss += lambda * g[i] * h[i] / n / n;
        for (double each : c) loss += (1 - each) * (1 - each) - lambda * each * each;
        assertThat(out[0].item()).isCloseTo(loss, within(1e-11));
    }

    /// Orthogonal columns, the same on both sides, are what the loss asks for; ε leaves the diagonal a little under 1.
    @Test
    void isZeroForFeaturesThatAgreeAndAreUncorrelated() {
        Tensor a = device.tensor(Shape.of(4, 3), 1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1);
        assertThat(Ops.run(new BarlowTwins(1, 1e-12), a, a).item()).isCloseTo(0, within(1e-20));
    }

    @Test
    void prefersBatchesOfFewRows() {
        assertThat(BarlowTwins.prefers(1024, 8192)).isTrue();
        assertThat(BarlowTwins.prefers(74, 100)).isTrue();
        assertThat(BarlowTwins.prefers(75, 100)).isFalse();
        assertThat(BarlowTwins.prefers(Integer.MAX_VALUE, 3)).isFalse();
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> new BarlowTwins(-1, 1)).hasMessage("lambda must be a number >= 0 but is -1.0");
        assertThatThrownBy(() -> new BarlowTwins(1, 0)).hasMessageContaining("epsilon");
        Tensor one = gaussian(1, 1, 3);
        assertThatThrownBy(() -> Ops.run(new BarlowTwins(1, 1), one, one))
                .isInstanceOf(ShapeException.class).hasMessageContaining("at least 2");
        assertThatThrownBy(() -> Ops.run(new BarlowTwins(1, 1), gaussian(1, 3, 4), gaussian(1, 4, 3)))
                .isInstanceOf(ShapeException.class).hasMessageContaining("input 1");
    }
}
