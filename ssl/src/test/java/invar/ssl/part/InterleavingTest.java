package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InterleavingTest {

    private static final Device DEVICE = Device.open("reference");

    /// Rows of one value each: 0, 1, …, then 100, 101, …
    private static Tensor rows(int from, int count) {
        return DEVICE.tensor(Shape.of(count, 1, 1),
                IntStream.range(0, count).mapToDouble(i -> from + i).toArray());
    }

    /// B = 2, μ = 3, as in FixMatch: every round has one labelled image, three weak and three strong ones.
    @Test
    void givesEveryRoundItsShareOfEachBatch() {
        Tensor labelled = rows(0, 2), weak = rows(100, 6), strong = rows(200, 6);
        Interleaving mixed = Interleaving.of(labelled, weak, strong);
        assertThat(mixed.rounds()).isEqualTo(2);
        Tensor all = mixed.together(labelled, weak, strong);
        assertThat(all.shape()).isEqualTo(Shape.of(14, 1, 1));
        assertThat(all.doubles()).containsExactly(
                0, 100, 101, 102, 200, 201, 202, 1, 103, 104, 105, 203, 204, 205);
    }

    @ParameterizedTest
    @CsvSource({"2, 6", "4, 6", "5, 8", "1, 1", "7, 7", "3, 1"})
    void comesApartAgain(int few, int many) {
        Tensor a = rows(0, few), b = rows(100, many), c = rows(200, many);
        Interleaving mixed = Interleaving.of(a, b, c);
        Tensor all = mixed.together(a, b, c), doubled = all.concat(1, all.plus(0.5));     // more values a row
        assertThat(mixed.apart(all)).extracting(rows -> (Object) rows.shape()).containsExactly(a.shape(), b.shape(),
                c.shape());
        List<Tensor> apart = mixed.apart(doubled);
        for (int k = 0; k < 3; k++) {
            Tensor expected = List.of(a, b, c).get(k);
            assertThat(apart.get(k).doubles()).containsExactly(expected.concat(1, expected.plus(0.5)).doubles());
        }
    }

    @Test
    void isThatOfOneBatchAlone() {
        Tensor a = rows(0, 3);
        assertThat(Interleaving.of(a).together(a).doubles()).containsExactly(0, 1, 2);
    }

    @Test
    void refusesAnEmptyBatch() {
        assertThatThrownBy(() -> new Interleaving(List.of(3, 0))).hasMessageContaining("at least one row each");
    }
}
