package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.fused.AugmentImages;
import invar.core.fused.FusedOp;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class CasesTest {

    @Test
    void everyOpHasACase() {
        Set<String> ops = new TreeSet<>(), gradients = new TreeSet<>(), fused = new TreeSet<>();
        for (Case c : Cases.all()) (c.gradient() ? gradients : ops).add(OpKinds.of(c.op()));
        assertThat(ops).isEqualTo(OpKinds.all());
        for (Class<?> type : FusedOp.class.getPermittedSubclasses()) {
            if (type == AugmentImages.class) continue;                    // data have no gradient
            if (!type.getSimpleName().endsWith("Grad")) fused.add(type.getSimpleName());
        }
        assertThat(gradients).as("fused ops whose gradient is compared").containsAll(fused);
    }

    /// A reference that is NaN would ask every backend for NaN.
    @Test
    void fusedOpsHaveFiniteReferences() {
        Device reference = Device.open("reference");
        for (Case c : FusedCases.all()) {
            for (Tensor result : c.run(c.inputs(reference))) {
                assertThat(Arrays.stream(result.doubles()).allMatch(Double::isFinite)).as("%s is finite", c).isTrue();
            }
        }
    }

    @Test
    void casesHaveDifferentNames() {
        Set<String> names = new TreeSet<>();
        for (Case c : Cases.all()) assertThat(names.add(c.toString())).as("%s is the only one", c).isTrue();
    }
}
