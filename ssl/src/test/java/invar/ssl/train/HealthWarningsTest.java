package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthWarningsTest {

    private static final Map<String, Double> HEALTHY = Map.of("spread", 0.9, "effective rank", 20.0);

    private static HealthWarnings of(String method, String log) {
        return new HealthWarnings(new TrainConfig(method, Map.of("prototypes", 100), "shapes", 32, "simclr",
                Runs.TINY.encoder(), Runs.TINY.optimization(), 4, 3, 1), 20, log);
    }

    private static HealthWarnings of(String method) {
        return of(method, "");
    }

    /// With a chance level of 4.
    private static EpochMetrics epoch(long epoch, double loss, Map<String, Double> health) {
        return new EpochMetrics(epoch, 50 * epoch, loss, 4, 0.1, 100, 0, 1, 1, health);
    }

    @ParameterizedTest
    @CsvSource({"0.09, 20", "0.9, 1.9", "0.0, 0"})
    void tellsACollapseAndItsUsualCauseOnce(double spread, double rank) {
        HealthWarnings warnings = of("byol");
        Map<String, Double> health = Map.of("spread", spread, "effective rank", rank);
        assertThat(warnings.after(epoch(3, 0.1, health))).singleElement().asString()
                .startsWith("embeddings have collapsed: their spread is 0.").contains(
                        "the usual cause with BYOL is a predictor that is missing (predictor: false)").endsWith(".");
        assertThat(warnings.after(epoch(4, 0.1, health))).isEmpty();
    }

    @Test
    void saysNothingOfWhatIsWell() {
        for (String method : new String[] {"byol", "simclr", "swav", "dino", "rotnet"}) {
            HealthWarnings warnings = of(method);
            for (int epoch = 1; epoch <= 9; epoch++) {
                assertThat(warnings.after(epoch(epoch, 3.9, HEALTHY))).isEmpty();
                assertThat(warnings.after(epoch(epoch, 3.9, Map.of()))).isEmpty();
            }
        }
    }

    /// Noise-contrastive estimation at a learning rate that is too high, as measured: chance is 7.24.
    @Test
    void tellsOfALossFarAboveChanceInTheSecondEpoch() {
        HealthWarnings warnings = of("instdisc");
        double[] losses = {31, 59, 105, 197, 390, 800};
        for (int e = 1; e <= losses.length; e++) {
            List<String> said = warnings.after(new EpochMetrics(e, 4L * e, losses[e - 1], 7.24, 0.1, 1, 0, 1, 1,
                    HEALTHY));
            if (e != 2) assertThat(said).as("epoch %d", e).isEmpty();
            else assertThat(said).singleElement().asString().startsWith("the loss is far above chance after 2 epochs: "
                    + "59.000, where 7.240 tells nothing apart; ").contains("--lr");
        }
        assertThat(of("simsiam").after(epoch(2, 8.9, HEALTHY))).isEmpty();
    }

    @Test
    void tellsOfBatchNormBetweenPatchesAtTheStart() {
        assertThat(of("cpc").atStart()).singleElement().asString().startsWith("the encoder has batch norm");
        assertThat(of("cpc", "warning: the encoder has batch norm").atStart()).isEmpty();
        assertThat(of("jigsaw").atStart()).isEmpty();
        assertThat(of("simclr").atStart()).isEmpty();
    }

    /// Features of an untrained network are nearly parallel.
    @Test
    void saysNothingOfTheFirstEpochs() {
        HealthWarnings warnings = of("byol");
        Map<String, Double> health = Map.of("spread", 0.01, "effective rank", 1.0);
        assertThat(warnings.after(epoch(1, 4, health))).isEmpty();
        assertThat(warnings.after(epoch(2, 4, health))).isEmpty();
        assertThat(warnings.after(epoch(3, 4, health))).hasSize(1);
        assertThat(of("byol").after(new EpochMetrics(1, 399, 4, 4, 0.1, 100, 0, 1, 1, health))).isEmpty();
        assertThat(of("byol").after(new EpochMetrics(1, 400, 4, 4, 0.1, 100, 0, 1, 1, health))).hasSize(1);
    }

    /// Whose representation is of positive numbers, and so on one side of the sphere.
    @ParameterizedTest
    @ValueSource(strings = {"rotnet", "jigsaw", "cpc", "fixmatch"})
    void expectsNoSpreadOfMethodsThatCompareNoEmbeddings(String method) {
        assertThat(of(method).after(epoch(3, 1, Map.of("spread", 0.05, "effective rank", 5.0)))).isEmpty();
    }

    @Test
    void doesNotRepeatWhatWasSaidBeforeAnInterruption() {
        Map<String, Double> health = Map.of("spread", 0.01, "effective rank", 1.0);
        String said = "epoch 3/9 …\nwarning: " + of("byol").after(epoch(3, 0, health)).getFirst() + "\n";
        assertThat(of("byol", said).after(epoch(4, 0, health))).isEmpty();
        assertThat(of("byol", "epoch 3/9 …\n").after(epoch(4, 0, health))).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"4, 4.0, false", "5, 4.0, true", "5, 3.97, true", "5, 3.95, false", "9, 5, true"})
    void tellsALossAtChanceAfterSomeEpochs(long epoch, double loss, boolean told) {
        HealthWarnings warnings = of("simclr");
        assertThat(warnings.after(epoch(epoch, loss, HEALTHY))).hasSize(told ? 1 : 0).allMatch(text -> text
                .startsWith("the loss is at chance after " + epoch + " epochs: ") && text.contains("4.000"));
        assertThat(warnings.after(epoch(epoch + 1, loss, HEALTHY)).size()).isEqualTo(!told && loss == 4 ? 1 : 0);
    }

    /// Of 11 steps, as on small data.
    @Test
    void waitsForSomeStepsWhereEpochsAreShort() {
        HealthWarnings warnings = of("swav");
        for (int epoch = 1; epoch <= 19; epoch++) {
            EpochMetrics m = new EpochMetrics(epoch, 11 * epoch, 4, 4, 0.1, 100, 0, 1, 1, HEALTHY);
            assertThat(warnings.after(m)).hasSize(epoch == 19 ? 1 : 0);
        }
    }

    @Test
    void tellsThatOnePrototypeTakesAll() {
        assertThat(of("swav").after(epoch(3, 1, Map.of("prototypes in use", 0.01)))).singleElement().asString()
                .startsWith("one prototype takes all images: the 99 others are not in use").contains("SwAV");
        assertThat(of("swav").after(epoch(3, 1, Map.of("prototypes in use", 0.02)))).isEmpty();
        assertThat(of("dino").after(epoch(3, 1, Map.of("entropy", 0.01, "divergence", 0.001)))).singleElement()
                .asString().startsWith("one prototype takes all images").contains("centre");
        assertThat(of("dino").after(epoch(3, 1, Map.of("entropy", 0.01, "divergence", 0.5)))).isEmpty();
        assertThat(of("dino").after(epoch(3, 1, Map.of("entropy", 2.0, "divergence", 0.001)))).isEmpty();
    }

    @Test
    void tellsThatTheQueueIsOlderThanTheData() {
        HealthWarnings warnings = of("moco-v2");
        assertThat(warnings.after(epoch(1, 1, Map.of("queue age", 20.0)))).isEmpty();
        assertThat(warnings.after(epoch(2, 1, Map.of("queue age", 21.0)))).singleElement().asString()
                .startsWith("the queue is older than the data set: its oldest keys were made 21 steps ago, and an "
                        + "epoch has 20");
        assertThat(warnings.after(epoch(3, 1, Map.of("queue age", 30.0)))).isEmpty();
    }
}
