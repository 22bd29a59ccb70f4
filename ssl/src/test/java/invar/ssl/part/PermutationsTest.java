package invar.ssl.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import invar.core.Device;
import invar.core.Philox;
import invar.nn.Modules;
import invar.ssl.part.Permutations.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PermutationsTest {

    /// Four tiles: a grid of 2 × 2; five for a pool that is not all used up.
    @ParameterizedTest
    @CsvSource({"2, 2", "3, 6", "4, 1", "4, 5", "4, 7", "4, 24", "5, 33", "5, 120"})
    void choosesWhatAlgorithm1DoesInLoops(int n, int count) {
        for (Rule rule : Rule.values()) {
            for (long seed = 0; seed < 5; seed++) {
                int[][] set = Permutations.search(n, count, rule, Philox.of(seed));
                assertThat(set).as("%s, seed %d", rule, seed).isDeepEqualTo(
                        algorithm1(n, count, rule, Philox.of(seed)));
            }
        }
    }

    /// As in the paper: the distances of all that are left to all that are chosen, anew in each round.
    private static int[][] algorithm1(int n, int count, Rule rule, Philox random) {
        List<int[]> left = new ArrayList<>();
        dictionary(new int[0], n, left);
        List<int[]> chosen = new ArrayList<>();
        int j = random.nextInt(left.size());
        while (chosen.size() < count) {
            chosen.add(left.remove(j));
            double best = -1;
            for (int i = 0; i < left.size(); i++) {
                double sum = 0, least = n;
                for (int[] other : chosen) {
                    int distance = 0;
                    for (int place = 0; place < n; place++) if (other[place] != left.get(i)[place]) distance++;
                    sum += distance;
                    least = Math.min(least, distance);
                }
                double merit = rule == Rule.MAX_AVG ? sum / chosen.size() : least;
                if (merit > best + 1e-9) {
                    best = merit;
                    j = i;
                }
            }
        }
        return chosen.toArray(int[][]::new);
    }

    private static void dictionary(int[] begin, int n, List<int[]> all) {
        if (begin.length == n) all.add(begin);
        for (int next = 0; next < n && begin.length < n; next++) {
            int tile = next;
            if (Arrays.stream(begin).anyMatch(used -> used == tile)) continue;
            int[] longer = Arrays.copyOf(begin, begin.length + 1);
            longer[begin.length] = next;
            dictionary(longer, n, all);
        }
    }

    /// A Latin rectangle can always be made longer, so the best is always at distance n.
    @ParameterizedTest
    @EnumSource
    void theFirstNineOrdersOfNineTilesShareNoPlace(Rule rule) {
        int[][] set = Permutations.search(9, 9, rule, Philox.of(1));
        for (int a = 0; a < 9; a++) {
            for (int b = 0; b < a; b++) assertThat(Permutations.distance(set[a], set[b])).isEqualTo(9);
        }
    }

    @Test
    void eachRuleIsBestByItsOwnMeasure() {
        int[][] avg = Permutations.search(9, 30, Rule.MAX_AVG, Philox.of(2));
        int[][] min = Permutations.search(9, 30, Rule.MAX_MIN, Philox.of(2));
        assertThat(distances(avg).average().orElseThrow()).isGreaterThan(distances(min).average().orElseThrow());
        assertThat(distances(min).min().orElseThrow()).isGreaterThanOrEqualTo(distances(avg).min().orElseThrow());
    }

    private static IntStream distances(int[][] set) {
        return IntStream.range(0, set.length).flatMap(a ->
                IntStream.range(0, a).map(b -> Permutations.distance(set[a], set[b])));
    }

    @Test
    void beginsWithARandomOrder() {
        assertThat(IntStream.range(0, 20)
                .mapToObj(seed -> Arrays.toString(Permutations.search(4, 1, Rule.MAX_AVG, Philox.of(seed))[0]))
                .distinct().count()).isGreaterThan(8);
    }

    @Test
    void distanceCountsThePlacesThatDiffer() {
        assertThat(Permutations.distance(new int[] {0, 1, 2, 3}, new int[] {0, 1, 2, 3})).isZero();
        assertThat(Permutations.distance(new int[] {0, 1, 2, 3}, new int[] {0, 1, 3, 2})).isEqualTo(2);
        assertThat(Permutations.distance(new int[] {0, 1, 2, 3}, new int[] {1, 2, 3, 0})).isEqualTo(4);
    }

    @Test
    void findsTheRowsOfABatchThatIsShuffled() {
        try (Device device = Device.open("reference")) {
            Permutations set = Permutations.of(device, new int[][] {{0, 1, 2}, {2, 0, 1}});
            assertThat(set.count()).isEqualTo(2);
            assertThat(set.tiles()).isEqualTo(3);
            assertThat(set.rows(1, 0, 1)).containsExactly(2, 0, 1, 3, 4, 5, 8, 6, 7);
        }
    }

    @Test
    void isStateAndNoParameter() {
        try (Device device = Device.open("reference")) {
            Permutations set = Permutations.of(device, new int[][] {{0, 1}, {1, 0}});
            assertThat(Modules.parameters(set)).isEmpty();
            assertThat(Modules.buffers(set)).containsOnlyKeys("orders");
        }
    }

    /// Some of the published files count from 1.
    @Test
    void refusesWhatIsNoSetOfPermutations() {
        try (Device device = Device.open("reference")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Permutations.of(device, new int[][] {{1, 2, 3}, {3, 1, 2}}))
                    .withMessage("an order must be a permutation of 0 to 2 but is [1, 2, 3], which counts from 1: "
                            + "subtract 1");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Permutations.of(device, new int[][] {{0, 1, 2}, {0, 0, 2}}))
                    .withMessage("an order must be a permutation of 0 to 2 but is [0, 0, 2]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Permutations.of(device, new int[][] {{0, 1, 2}, {0, 1}}))
                    .withMessage("an order must be a permutation of 0 to 2 but is [0, 1]");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Permutations.of(device, new int[][] {{1, 0}, {1, 0}}))
                    .withMessage("an order is in the set twice");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1  | 1  | there must be 2 to 9 tiles but are 1",
        "16 | 5  | there must be 2 to 9 tiles but are 16",
        "4  | 25 | the orders of 4 tiles must be 1 to 24 but are 25",
        "4  | 0  | the orders of 4 tiles must be 1 to 24 but are 0"})
    void refusesASetThatCannotBe(int n, int count, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Permutations.search(n, count, Rule.MAX_AVG, Philox.of(0))).withMessage(message);
    }
}
