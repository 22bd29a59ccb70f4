package invar.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.fused.FusedOp;
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
            if (!type.getSimpleName().endsWith("Grad")) fused.add(type.getSimpleName());
        }
        assertThat(gradients).as("fused ops whose gradient is compared").containsAll(fused);
    }

    @Test
    void casesHaveDifferentNames() {
        Set<String> names = new TreeSet<>();
        for (Case c : Cases.all()) assertThat(names.add(c.toString())).as("%s is the only one", c).isTrue();
    }
}
