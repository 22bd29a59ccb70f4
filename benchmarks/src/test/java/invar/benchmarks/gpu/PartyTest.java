package invar.benchmarks.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.spi.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartyTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    @Test
    void asksAndReadsTheAnswers() throws Exception {
        try (Party party = FakeParties.party("works - 2", folder, LONG)) {
            assertThat(party.who()).isEqualTo("fake NVIDIA H100 80GB HBM3");
            Party.Prepared prepared = party.prepare(FakeParties.CASE, "fused");
            assertThat(prepared.precision()).isEqualTo(Precision.TF32);
            assertThat(prepared.sample()).containsExactly(new double[] {2.5}, new double[] {3, 4});
            assertThat(party.round(FakeParties.CASE, "fused", 1, 3)).containsExactly(2e-3, 2e-3, 2e-3);
            assertThat(party.memory(FakeParties.CASE, "fused")).hasValue(123e6);
            assertThat(party.ceiling("copy", Precision.FP32, 1024)).isEqualTo(1e12);
        }
    }

    @Test
    void saysWhyAnotherDoesNotTakePart() {
        assertThatThrownBy(() -> FakeParties.party("absent - 1", folder, LONG)).isInstanceOf(Party.Absent.class)
                .hasMessage("there is no such thing here");
        assertThatThrownBy(() -> FakeParties.party("vanishes - 1", folder, LONG)).isInstanceOf(IOException.class)
                .hasMessageContaining("its process ended");
    }

    @Test
    void handsOnARefusal() throws Exception {
        try (Party party = FakeParties.party("fails compile 1", folder, LONG)) {
            assertThatThrownBy(() -> party.prepare(FakeParties.CASE, "compile")).isInstanceOf(Party.Refused.class)
                    .hasMessage("no such kernel");
            assertThat(party.prepare(FakeParties.CASE, "eager").sample()).hasSize(2);
        }
    }

    @Test
    void startsAProcessAnewThatEnded() throws Exception {
        try (Party party = FakeParties.party("ends compile 1", folder, LONG)) {
            assertThatThrownBy(() -> party.prepare(FakeParties.CASE, "compile")).isInstanceOf(Party.Refused.class)
                    .hasMessageStartingWith("its process ended with status 3 while asked to prepare ntxent/9/17");
            assertThat(party.prepare(FakeParties.CASE, "eager").sample()).hasSize(2);
        }
    }

    @Test
    void doesNotWaitForEver() throws Exception {
        try (Party party = FakeParties.party("hangs compile 1", folder, Duration.ofSeconds(3))) {
            assertThatThrownBy(() -> party.prepare(FakeParties.CASE, "compile")).isInstanceOf(Party.Refused.class)
                    .hasMessageStartingWith("no answer within 3 s when asked to prepare");
            assertThat(party.prepare(FakeParties.CASE, "eager").sample()).hasSize(2);
        }
    }
}
