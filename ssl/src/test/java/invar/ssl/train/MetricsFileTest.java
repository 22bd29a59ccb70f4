package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class MetricsFileTest {

    private static final String HEADER = "epoch,step,loss,chance,lr,images_per_second,data_share,seconds,step_bytes";

    @TempDir
    Path folder;

    private RunFolder run;

    @BeforeEach
    void makeFolder() {
        run = RunFolder.create(folder.resolve("run"), false);
    }

    @Test
    void beginsWithAHeading() throws IOException {
        open(0);
        assertThat(run.metricsCsv()).hasContent(HEADER + "\n");
        assertThat(run.metricsJson()).isEmptyFile();
    }

    @Test
    void holdsTheSameNumbersInBothForms() throws IOException {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);                       // writes 0,1 where the files must have 0.1
        try {
            open(0).add(new EpochMetrics(3, 120, Math.PI, 6.93, 0.1, 1234.5, 0.25, 1.5, 1L << 40));
        } finally {
            Locale.setDefault(before);
        }
        List<String> names = List.of(HEADER.split(","));
        String[] row = Files.readAllLines(run.metricsCsv()).get(1).split(",");
        JsonNode json = new JsonMapper().readTree(Files.readString(run.metricsJson()));
        assertThat(json.propertyNames()).containsExactlyElementsOf(names);
        double[] expected = {3, 120, Math.PI, 6.93, 0.1, 1234.5, 0.25, 1.5, 1L << 40};
        for (int i = 0; i < expected.length; i++) {
            assertThat(Double.parseDouble(row[i])).as(names.get(i)).isEqualTo(expected[i]);
            assertThat(json.get(names.get(i)).asDouble()).as(names.get(i)).isEqualTo(expected[i]);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "9, 0", "10, 1", "19, 1", "20, 2", "35, 3", "1000, 3"})
    void dropsRowsThatWillBeWrittenAgain(long done, int kept) throws IOException {
        MetricsFile file = open(0);
        for (int epoch = 1; epoch <= 3; epoch++) file.add(row(epoch));
        open(done);
        assertThat(Files.readAllLines(run.metricsCsv())).hasSize(1 + kept).startsWith(HEADER);
        assertThat(Files.readAllLines(run.metricsJson())).hasSize(kept);
        open(done).add(row(kept + 1));
        assertThat(Files.readAllLines(run.metricsCsv())).hasSize(2 + kept).last().asString()
                .startsWith((kept + 1) + ",");
    }

    /// As a crash in the middle of a write leaves it.
    @ParameterizedTest
    @ValueSource(strings = {"2", "2,2", "2,20", "2,20,1.5,6.9,0.1,100.0,0.0100,1.000,12"})
    void dropsATornRow(String torn) throws IOException {
        open(0).add(row(1));
        Files.writeString(run.metricsCsv(), torn, StandardOpenOption.APPEND);
        Files.writeString(run.metricsJson(), "{\"epoch\":2,\"step\":20,\"lo", StandardOpenOption.APPEND);
        open(100).add(row(2));
        assertThat(Files.readAllLines(run.metricsCsv())).hasSize(3).last().asString().startsWith("2,20,1.5,");
        assertThat(Files.readAllLines(run.metricsJson())).hasSize(2).last().asString().startsWith("{\"epoch\":2,")
                .endsWith("}");
    }

    @Test
    void makesAFileAgainThatIsGone() throws IOException {
        open(0).add(row(1));
        Files.delete(run.metricsJson());
        open(10).add(row(2));
        assertThat(Files.readAllLines(run.metricsCsv())).hasSize(3);
        assertThat(Files.readAllLines(run.metricsJson())).hasSize(1);
    }

    @Test
    void namesTheFileThatCannotBeWritten() throws IOException {
        MetricsFile file = open(0);
        Files.delete(run.metricsCsv());
        Files.createDirectory(run.metricsCsv());
        assertThatIOException().isThrownBy(() -> file.add(row(1)))
                .withMessageStartingWith("cannot write " + run.metricsCsv());
    }

    @Test
    void hasAColumnForEachMeasureOfHealth() throws IOException {
        Map<String, Double> health = new LinkedHashMap<>();
        health.put("spread", 0.5);
        health.put("queue age", Double.NaN);
        health.put("NMI with the last epoch's clusters", 0.25);          // not known when the run began
        MetricsFile.open(run, 0, List.of("spread", "queue age"))
                .add(new EpochMetrics(1, 10, 1.5, 6.9, 0.1, 100, 0.01, 1, 12345, health));
        List<String> rows = Files.readAllLines(run.metricsCsv());
        assertThat(rows.get(0)).isEqualTo(HEADER + ",spread,queue_age");
        assertThat(rows.get(1)).isEqualTo("1,10,1.5,6.900000,0.100000,100.0,0.0100,1.000,12345,0.500000,");
        JsonNode json = new JsonMapper().readTree(Files.readString(run.metricsJson()));
        assertThat(json.get("spread").asDouble()).isEqualTo(0.5);
        assertThat(json.get("queue_age").isNull()).isTrue();
        assertThat(json.get("nmi_with_the_last_epoch_s_clusters").asDouble()).isEqualTo(0.25);
    }

    /// The rows of a build that knew fewer measures.
    @Test
    void fillsUpRowsWithFewerColumns() throws IOException {
        open(0).add(row(1));
        MetricsFile.open(run, 10, List.of("spread", "alignment"));
        assertThat(Files.readAllLines(run.metricsCsv())).containsExactly(HEADER + ",spread,alignment",
                "1,10,1.5,6.900000,0.100000,100.0,0.0100,1.000,12345,,");
        assertThat(Files.readAllLines(run.metricsJson())).hasSize(1);
    }

    /// A measure that the old build did not know stands between those it knew; another is gone.
    @Test
    void putsRowsUnderTheColumnsOfTheirNames() throws IOException {
        Map<String, Double> health = new LinkedHashMap<>();
        health.put("prototypes in use", 0.5);
        health.put("queue age", 3.0);
        health.put("spread", 0.25);
        MetricsFile.open(run, 0, List.copyOf(health.keySet()))
                .add(new EpochMetrics(1, 10, 1.5, 6.9, 0.1, 100, 0.01, 1, 12345, health));
        MetricsFile.open(run, 10, List.of("NMI with the last epoch's clusters", "spread", "prototypes in use"));
        assertThat(Files.readAllLines(run.metricsCsv())).containsExactly(
                HEADER + ",nmi_with_the_last_epoch_s_clusters,spread,prototypes_in_use",
                "1,10,1.5,6.900000,0.100000,100.0,0.0100,1.000,12345,,0.250000,0.500000");
    }

    private MetricsFile open(long done) throws IOException {
        return MetricsFile.open(run, done, List.of());
    }

    private static EpochMetrics row(int epoch) {
        return new EpochMetrics(epoch, 10L * epoch, 1.5, 6.9, 0.1, 100, 0.01, 1, 12345);
    }
}
