package invar.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import invar.benchmarks.compare.Measurement.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {

    private final Report report = new Report(2, new MultiplyAdds("C loop", 200e9, 100e9, 2));

    private static Entry entry(String label, String name, double bar, double seconds) {
        return new Entry(null, label, name, bar, new double[] {seconds, seconds, seconds}, 0);
    }

    /// Rows of a case whose rivals, each in two processes, take these seconds; we take 1.
    private List<String> rows(Case c, double... seconds) {
        List<Entry> entries = new ArrayList<>(List.of(entry("Invar", c.name(), 0, 1)));
        for (int i = 0; i < seconds.length; i++) {
            Rival rival = c.rivals().get(i / 2);
            entries.add(entry(rival.label() + ", process " + i % 2, rival.name(), rival.bar(), seconds[i]));
        }
        return report.rows(c, entries);
    }

    private static String asked(String row) {
        String[] cells = row.split("\\|");
        return cells[cells.length - 1].strip();
    }

    @ParameterizedTest
    @ValueSource(strings = {"conv-forward", "conv-dx", "conv-dw"})
    void judgesTheBestChannelsLastRowOfEveryConvolution(String group) {
        assertThat(Cases.of(group)).hasSize(9).allSatisfy(c -> {
            assertThat(rows(c, 1.1, 1.2, 0.91, 0.95)).extracting(ReportTest::asked)
                    .containsExactly("", "reached: 1.00 x", "", "reached: 0.90 x", "");
            assertThat(rows(c, 1.1, 0.99, 0.95, 0.89)).extracting(ReportTest::asked)
                    .containsExactly("", "", "**missed**: 1.00 x", "", "**missed**: 0.90 x");
        });
    }

    @Test
    void doesNotJudgeWhileTheMachineIsDisturbed() {
        Case cosine = Cases.of("cosine").getFirst();
        double best = 2 * Ceilings.FLOPS / 200e9, ours = cosine.flops() / (0.86 * 200e9);
        assertThat(asked(withCeiling(cosine, ours, best))).isEqualTo("reached: 0.85 of the ceiling");
        assertThat(asked(withCeiling(cosine, 1.1 * ours, best))).isEqualTo("**missed**: 0.85 of the ceiling");
        assertThat(asked(withCeiling(cosine, 1.1 * ours, 1.5 * best)))
                .isEqualTo("not judged: the machine was disturbed");
    }

    @Test
    void doesNotJudgeARivalWhileTheMachineIsDisturbed() {
        Case batchNorm = Cases.of("batchnorm").getFirst();
        Rival rival = batchNorm.rivals().getFirst();
        double best = 2 * Ceilings.FLOPS / 200e9;
        for (double ceiling : new double[] {best, 1.5 * best}) {
            List<String> rows = report.rows(batchNorm, List.of(entry("Invar", batchNorm.name(), 0, 1),
                    entry("libtorch", rival.name(), rival.bar(), 2),
                    entry(Report.MULTIPLY_ADDS, "ceiling-fma", 0, ceiling)));
            assertThat(rows).hasSize(2);
            assertThat(asked(rows.get(1))).isEqualTo(ceiling == best ? "reached: 1.50 x"
                    : "not judged: the machine was disturbed");
        }
    }

    private String withCeiling(Case c, double ours, double ceiling) {
        return report.rows(c, List.of(entry("Invar", c.name(), 0, ours),
                entry(Report.MULTIPLY_ADDS, "ceiling-fma", 0, ceiling))).getFirst();
    }

    @Test
    void saysThatMemoryWasNotMeasured() {
        Case large = Cases.of("large").getFirst();
        Library.Round round = new Library.Round(20, 1e6);
        assertThat(asked(report.memoryRow(large, "small", round, OptionalDouble.empty())))
                .isEqualTo("memory not measured, asked < 1000 MB");
        assertThat(asked(report.memoryRow(large, "small", round, OptionalDouble.of(6e8))))
                .isEqualTo("reached: at most 600 MB of memory, asked < 1000 MB");
        assertThat(asked(report.memoryRow(large, "small", round, OptionalDouble.of(1.1e9))))
                .isEqualTo("**missed**: at most 1100 MB of memory, asked < 1000 MB");
    }

    @Test
    void saysHowManyTimesOneThreadTheCeilingIs() {
        List<Entry> entries = List.of(
                new Entry(null, "Java loop", "ceiling-fma", 0, new double[] {0.03, 0.024}, 0),
                new Entry(null, "C loop", "ceiling-fma", 0, new double[] {0.0215, 0.04}, 0),
                new Entry(null, "Java loop", "ceiling-fma-alone", 0, new double[] {0.02, 0.05}, 0),
                new Entry(null, "C loop", "ceiling-fma-alone", 0, new double[] {0.022, 0.03}, 0));
        MultiplyAdds best = MultiplyAdds.best(entries, 2);
        assertThat(best.loop()).isEqualTo("C loop");
        assertThat(best.rate()).isEqualTo(2 * Ceilings.FLOPS / 0.0215);
        assertThat(best.alone()).isEqualTo(Ceilings.FLOPS / 0.02);
        assertThat(best).hasToString("199.8 GF/s, 1.86 times those of one thread");
    }
}
