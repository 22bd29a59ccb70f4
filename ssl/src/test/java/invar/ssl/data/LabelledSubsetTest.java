package invar.ssl.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.ssl.UserError;
import invar.ssl.train.NoiseImages;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LabelledSubsetTest {

    private static final Dataset SHAPES = Shapes.train(0, 200, 8);

    private static Map<Integer, Long> counts(Dataset data) {
        return IntStream.range(0, data.size()).mapToObj(data::label)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.1, 0.5, 1})
    void takesTheSameShareOfEveryClass(double fraction) {
        Map<Integer, Long> all = counts(SHAPES), some = counts(LabelledSubset.of(SHAPES, fraction, 1));
        assertThat(some.keySet()).isEqualTo(all.keySet());
        all.forEach((label, count) -> assertThat(some.get(label)).isEqualTo(Math.max(1, Math.round(fraction * count))));
    }

    @Test
    void dependsOnTheSeedAlone() {
        assertThat(sources(1)).isEqualTo(sources(1)).isNotEqualTo(sources(2)).doesNotHaveDuplicates();
    }

    private static List<String> sources(long seed) {
        Dataset some = LabelledSubset.of(SHAPES, 0.2, seed);
        return IntStream.range(0, some.size()).mapToObj(some::source).toList();
    }

    @Test
    void refusesDataWithoutLabels() {
        assertThatThrownBy(() -> LabelledSubset.of(new NoiseImages(9, 8), 0.5, 0)).isInstanceOf(UserError.class)
                .hasMessage("The data noise have no labels, but the method needs some.");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.1, 1.5, Double.NaN})
    void refusesAFractionOutOfRange(double fraction) {
        assertThatIllegalArgumentException().isThrownBy(() -> LabelledSubset.of(SHAPES, fraction, 0));
    }
}
