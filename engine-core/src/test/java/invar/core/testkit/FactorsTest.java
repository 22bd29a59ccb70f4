package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.DType;
import invar.core.Device;
import invar.core.spi.Precision;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the tolerance for rounded factors lets pass, and what it does not.
final class FactorsTest {

    /// Cases of all fused ops that have products, but for the largest tensors.
    private static final List<Case> CASES = FusedCases.all().stream()
            .filter(c -> multiplies(c) && c.in().stream().allMatch(x -> x.values().length < 350)).toList();

    private static boolean passes(Precision actual, Precision claimed, Case c) {
        try {
            new Comparison(new Device("rounding", new Factors(x -> Factors.rounded(actual, x))), DType.F32, claimed)
                    .check(c);
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    @Test
    void factorsAreRoundedToNearest() {
        double tie = 1 + 0x1p-11, half = 1 + 0x1p-8;
        assertThat(Factors.rounded(Precision.TF32, tie)).isEqualTo(1 + 0x1p-10);
        assertThat(Factors.rounded(Precision.TF32, -tie)).isEqualTo(-1 - 0x1p-10);
        assertThat(Factors.rounded(Precision.TF32, Math.nextDown((float) tie))).isEqualTo(1);
        assertThat(Factors.rounded(Precision.BF16, half)).isEqualTo(1);
        assertThat(Factors.rounded(Precision.BF16, 3 * half - 2)).isEqualTo(1 + 0x1p-6);
        assertThat(Factors.rounded(Precision.BF16, Math.nextUp((float) half))).isEqualTo(1 + 0x1p-7);
        assertThat(Factors.rounded(Precision.FP32, tie)).isEqualTo(tie);
    }

    /// In single precision nothing but the sums and the rest of an op may be lost, in TF32 no more than it rounds.
    @Test
    void aBackendThatRoundsMoreThanItSaysIsFound() {
        Set<String> all = CASES.stream().map(FactorsTest::name).collect(Collectors.toCollection(TreeSet::new));
        assertThat(all).containsExactly("BarlowTwins", "BarlowTwinsGrad", "CosineSimilarity", "CosineSimilarityGrad",
                "CrossCorrelation", "CrossCorrelationGrad", "NtXent", "NtXentAndGrad", "NtXentGrad", "QueueNce");
        for (Precision claimed : List.of(Precision.FP32, Precision.TF32)) {
            Precision actual = Precision.values()[claimed.ordinal() + 1];
            Set<String> found = new TreeSet<>();
            for (Case c : CASES) {
                if (!found.contains(name(c)) && !passes(actual, claimed, c)) found.add(name(c));
            }
            assertThat(found).as("ops of which %s is found to be no %s", actual, claimed).isEqualTo(all);
        }
    }

    @Test
    void aBackendThatRoundsAsItSaysPasses() {
        for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
            assertThat(CASES.stream().filter(c -> !passes(precision, precision, c))).isEmpty();
        }
    }

    private static String name(Case c) {
        return c.op().getClass().getSimpleName();
    }

    private static boolean multiplies(Case c) {
        boolean[] multiplies = {false};
        Factors watched = new Factors(x -> {
            multiplies[0] = true;
            return x;
        });
        c.run(c.inputs(new Device("watched", watched)));
        return multiplies[0];
    }
}
