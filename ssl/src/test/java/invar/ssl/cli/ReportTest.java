package invar.ssl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import invar.ssl.train.EpochMetrics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReportTest {

    private final StringWriter console = new StringWriter(), log = new StringWriter();
    private final Report report = new Report(new PrintWriter(console), new PrintWriter(log));

    @Test
    void alignsTheColumnsOfATable() {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        rows.put("a rather long name of a file", measures(0.12345, 1));
        rows.put("short", measures(0, 0.9996));
        List<String> lines = new ArrayList<>();
        Report.table(lines::add, "held out: 9 items", rows);
        assertThat(lines).containsExactly(
                "held out: 9 items             same glyph  kNN-5",
                "a rather long name of a file  0.123       1.000",
                "short                         0.000       1.000");
    }

    @Test
    void showsADashWhereARowLacksAMeasure() {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        rows.put("before", Map.of("kNN-5", 0.25));
        rows.put("after", measures(0.5, 0.75));
        List<String> lines = new ArrayList<>();
        Report.table(lines::add, "items", rows);
        assertThat(lines).containsExactly(
                "items   kNN-5  same glyph",
                "before  0.250  -",
                "after   0.750  0.500");
    }

    @Test
    void showsTheSpreadBesideTheLossAndItsChanceLevel() {
        try (ProgressDisplay display = new ProgressDisplay(report, 9, 0, 90, true)) {
            display.epochDone(new EpochMetrics(1, 10, 4.5678, 6.9, 0.05, 1234, 0.125, 1, 1 << 20,
                    Map.of("spread", 0.456)));
            assertThat(log.toString()).contains("loss 4.568 (chance 6.900)  spread 0.46  lr 0.0500");
            assertThat(console.toString()).isEmpty();
            display.warn("embeddings have collapsed");
        }
        assertThat(console).hasToString("warning: embeddings have collapsed\n");
        assertThat(log.toString()).endsWith(console.toString());
    }

    private static Map<String, Double> measures(double first, double second) {
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put("same glyph", first);
        measures.put("kNN-5", second);
        return measures;
    }

    @Test
    void writesLinesToConsoleAndLogInAnyLocale() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            report.line("%,d images, %.1f s", 10_000, 0.5);
            report.log("for the log alone");
        } finally {
            Locale.setDefault(before);
        }
        assertThat(console).hasToString("10,000 images, 0.5 s\n");
        assertThat(log).hasToString("10,000 images, 0.5 s\nfor the log alone\n");
    }

    @ParameterizedTest
    @CsvSource({"0, 0:00", "999999999, 0:00", "61000000000, 1:01", "3599000000000, 59:59", "3723000000000, 1:02:03"})
    void showsTimesAsClocksDo(long nanos, String text) {
        assertThat(ProgressDisplay.clock(nanos)).isEqualTo(text);
    }

    /// Without a terminal, as in tests: the first epoch and the last, and others no more often than every few seconds.
    @Test
    void showsProgressInFewLines() {
        try (ProgressDisplay display = new ProgressDisplay(report, 100, 0, 1000, false)) {
            for (int epoch = 1; epoch <= 100; epoch++) {
                display.epochDone(new EpochMetrics(epoch, 10L * epoch, 4.5678, 6.9, 0.05, 1234, 0.125, 1, 1 << 20));
            }
        }
        assertThat(console.toString().lines()).hasSizeBetween(2, 4).first().asString().matches(
                "epoch   1/100  step 10/1000  loss 4[.]568 [(]chance 6[.]900[)]  lr 0[.]0500  1234 images/s  "
                        + "data 1[23]%  eta \\d+:\\d\\d");
        assertThat(console.toString()).contains("epoch 100/100  step 1000/1000  ").endsWith("eta 0:00\n");
        assertThat(log).hasToString(console.toString());
    }
}
