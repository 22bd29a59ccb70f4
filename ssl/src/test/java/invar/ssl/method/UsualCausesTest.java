package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsualCausesTest {

    /// Classifiers of rotations, tiles, patches and labels need no spread; all others do.
    @Test
    void areKnownForEveryMethodThatComparesEmbeddings() {
        assertThat(Methods.all().stream().map(Methods.Entry::name)
                .filter(name -> UsualCauses.ofCollapse(name).isEmpty())).containsExactlyInAnyOrder("rotnet", "jigsaw",
                        "cpc", "pi-model", "mean-teacher", "fixmatch");
        assertThat(UsualCauses.ofCollapse("byol")).get().asString().contains("predictor");
        assertThat(UsualCauses.ofCollapse("no method")).isEmpty();
    }
}
