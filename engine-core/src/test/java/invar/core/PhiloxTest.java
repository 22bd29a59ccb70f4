package invar.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PhiloxTest {

    /// The known answers that Random123 publishes for philox4x32-10 (tests/kat_vectors).
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void hasTheKnownAnswers(String counter, String key, String answer) {
        int[] c = words(counter), k = words(key), out = new int[4];
        Philox.block(pair(k[0], k[1]), pair(c[2], c[3]), pair(c[0], c[1]), out);
        assertThat(out).containsExactly(words(answer));
    }

    private static int[] words(String hexadecimal) {
        return Arrays.stream(hexadecimal.split(" ")).mapToInt(word -> Integer.parseUnsignedInt(word, 16)).toArray();
    }

    private static long pair(int low, int high) {
        return Integer.toUnsignedLong(low) | (long) high << 32;
    }

    @Test
    void aCursorWalksThroughTheWordsOfTheBlocks() {
        Philox cursor = new Philox(7, 9);
        int[] block = new int[4];
        for (int i = 0; i < 12; i++) {
            Philox.block(7, 9, i / 4, block);
            assertThat(cursor.nextBits()).isEqualTo(block[i % 4]);
        }
    }

    @Test
    void neighbouringNamesGiveDifferentStreams() {
        Set<Integer> first = new HashSet<>();
        for (long epoch = 0; epoch < 10; epoch++) {
            for (long index = 0; index < 10; index++) {
                for (long view = 0; view < 2; view++) first.add(Philox.of(1, epoch, index, view).nextBits());
            }
        }
        first.add(Philox.of(1).nextBits());
        first.add(Philox.of(1, 0).nextBits());
        first.add(Philox.of(2, 0, 0, 0).nextBits());
        assertThat(first).hasSize(203);
        assertThat(Philox.of(1, 2, 3).nextBits()).isEqualTo(Philox.of(1, 2, 3).nextBits());
    }

    /// The mean of n uniform numbers has deviation 1/√12n, and so on: five deviations are allowed everywhere.
    @Test
    void uniformNumbersHaveTheMomentsOfTheUniformDistribution() {
        Philox random = new Philox(3, 0);
        int n = 100_000;
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) {
            float x = random.nextFloat();
            assertThat(x).isGreaterThanOrEqualTo(0).isLessThan(1);
            assertThat(x * 0x1p24f % 1).as("a multiple of 2⁻²⁴").isZero();
            sum += x;
            squares += (double) x * x;
        }
        assertThat(sum / n).isCloseTo(0.5, within(5 / Math.sqrt(12.0 * n)));
        assertThat(squares / n).isCloseTo(1.0 / 3, within(5 * Math.sqrt(4.0 / 45 / n)));
    }

    @Test
    void uniformTakesItsBounds() {
        Philox random = new Philox(4, 0);
        double least = 5, most = -3;
        for (int i = 0; i < 1000; i++) {
            double x = random.uniform(-3, 5);
            least = Math.min(least, x);
            most = Math.max(most, x);
        }
        assertThat(least).isBetween(-3.0, -2.9);
        assertThat(most).isGreaterThan(4.9).isLessThan(5);
    }

    @Test
    void gaussianNumbersHaveTheMomentsOfTheNormalDistribution() {
        Philox random = new Philox(5, 0);
        int n = 100_000;
        double sum = 0, squares = 0, fourth = 0, beyondTwo = 0;
        for (int i = 0; i < n; i++) {
            double x = random.nextGaussian();
            sum += x;
            squares += x * x;
            fourth += x * x * x * x;
            if (Math.abs(x) > 2) beyondTwo++;
        }
        assertThat(sum / n).isCloseTo(0, within(5 / Math.sqrt(n)));
        assertThat(squares / n).isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
        assertThat(fourth / n).isCloseTo(3, within(5 * Math.sqrt(96.0 / n)));
        assertThat(beyondTwo / n).isCloseTo(0.0455003, within(5 * Math.sqrt(0.0455 / n)));
    }

    @Test
    void gaussianIsFiniteForEveryWord() {
        for (int a : new int[] {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            for (int b : new int[] {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
                assertThat(Philox.gaussian(a, b)).isFinite();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 129})
    void everyIntegerBelowTheBoundIsEquallyFrequent(int bound) {
        Philox random = new Philox(bound, 0);
        int draws = 1000 * bound;
        int[] count = new int[bound];
        for (int i = 0; i < draws; i++) count[random.nextInt(bound)]++;
        double deviation = Math.sqrt(1000 * (1 - 1.0 / bound));
        assertThat(IntStream.of(count).max().orElseThrow()).isLessThanOrEqualTo((int) (1000 + 5 * deviation));
        assertThat(IntStream.of(count).min().orElseThrow()).isGreaterThanOrEqualTo((int) (1000 - 5 * deviation));
    }

    /// For a bound of 3 · 2³⁰ / 2 and the like one word in many is rejected: the mean shows whether that is done.
    @Test
    void largeBoundsAreUnbiased() {
        Philox random = new Philox(6, 0);
        int bound = 3 << 29, n = 50_000;
        double low = 0;
        for (int i = 0; i < n; i++) {
            int x = random.nextInt(bound);
            assertThat(x).isBetween(0, bound - 1);
            if (x < bound / 2) low++;
        }
        assertThat(low / n).isCloseTo(0.5, within(5 * 0.5 / Math.sqrt(n)));
    }

    @Test
    void refusesABoundOfZero() {
        assertThatThrownBy(() -> new Philox(0, 0).nextInt(0)).hasMessage("bound must be > 0 but is 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 17, 129})
    void permutationsHoldEveryNumberOnce(int n) {
        int[] order = new Philox(n, 1).permutation(n);
        assertThat(IntStream.of(order).sorted()).containsExactlyElementsOf(IntStream.range(0, n).boxed().toList());
    }

    /// Each of the 6 orders of three, 6000 draws: 1000 ± 5 deviations.
    @Test
    void allPermutationsAreEquallyFrequent() {
        Philox random = new Philox(8, 0);
        int[] count = new int[27];
        for (int i = 0; i < 6000; i++) {
            int[] order = random.permutation(3);
            count[order[0] * 9 + order[1] * 3 + order[2]]++;
        }
        for (int code : new int[] {5, 7, 11, 15, 19, 21}) {
            assertThat((double) count[code]).isCloseTo(1000, within(5 * Math.sqrt(1000 * 5.0 / 6)));
        }
    }
}
