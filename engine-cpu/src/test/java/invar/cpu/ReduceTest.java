package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import invar.core.Shape;
import invar.core.spi.Broadcast;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lanes")
class ReduceTest {

    private record Case(Shape from, Shape to) {}

    private static final List<Case> CASES = List.of(
            new Case(Shape.of(), Shape.of()), new Case(Shape.of(7), Shape.of()), new Case(Shape.of(129), Shape.of(129)),
            new Case(Shape.of(5, 33), Shape.of(5, 1)), new Case(Shape.of(129, 17), Shape.of(17)),
            new Case(Shape.of(3, 5, 7), Shape.of(5, 1)), new Case(Shape.of(3, 5, 7), Shape.of(3, 1, 7)),
            new Case(Shape.of(2, 3, 4, 5, 9), Shape.of(3, 1, 5, 1)), new Case(Shape.of(2, 3, 4, 5, 9), Shape.of(1, 3,
            1, 5, 9)),
            new Case(Shape.of(9, 3, 31, 2), Shape.of(2)), new Case(Shape.of(2, 2500), Shape.of(2500)),
            new Case(Shape.of(300_000), Shape.of()), new Case(Shape.of(700, 333), Shape.of(333)),
            new Case(Shape.of(3, 70_000), Shape.of(3, 1)), new Case(Shape.of(40, 9, 1111), Shape.of(9, 1)));

    @Test
    void sumsAndMaximaAreThoseOfPlainLoops() {
        for (Case each : CASES) {
            int size = (int) each.from.elements(), results = (int) each.to.elements();
            Broadcast to = Broadcast.of(each.from, each.to);
            float[] x = Numbers.random(2 + size, size);
            double[] sum = new double[results], bound = new double[results];
            float[] max = new float[results];
            Arrays.fill(max, Float.NEGATIVE_INFINITY);
            for (int i = 0; i < size; i++) {
                int place = (int) to.place(i);
                sum[place] += x[2 + i];
                bound[place] += Math.abs(x[2 + i]);
                max[place] = Math.max(max[place], x[2 + i]);
            }
            for (int i = 0; i < results; i++) {
                bound[i] = Numbers.bound(40, bound[i]);        // additions in float of the longest chain
            }
            for (int threads = 1; threads <= 3; threads++) {
                try (Parallel p = new Parallel(threads)) {
                    float[] y = new float[3 + results];
                    Reduce.sum(p, to, x, 2, y, 3);
                    Numbers.assertWithin(Arrays.copyOfRange(y, 3, y.length), sum, bound, each.toString());
                    Reduce.max(p, to, x, 2, y, 3);
                    assertThat(Arrays.copyOfRange(y, 3, y.length)).as(each.toString()).isEqualTo(max);
                }
            }
        }
    }

    @Test
    void sumsAreTheSameToTheLastBitOnAnyNumberOfThreads() {
        for (Case each : CASES) {
            Broadcast to = Broadcast.of(each.from, each.to);
            float[] x = Numbers.random((int) each.from.elements(), 9), one = new float[(int) each.to.elements()];
            Reduce.sum(Parallel.INLINE, to, x, 0, one, 0);
            for (int threads = 2; threads <= 3; threads++) {
                try (Parallel p = new Parallel(threads)) {
                    float[] y = new float[one.length];
                    Reduce.sum(p, to, x, 0, y, 0);
                    assertThat(y).as(each.toString()).isEqualTo(one);
                }
            }
        }
    }

    @Test
    void aLongSumKeepsItsSmallTerms() {
        float[] x = new float[1 << 22], y = new float[1];
        Arrays.fill(x, 0.1f);
        Reduce.sum(Parallel.INLINE, Broadcast.of(Shape.of(x.length), Shape.of()), x, 0, y, 0);
        double exact = x.length * (double) 0.1f;               // one float after the other would be 3 % off
        assertThat((double) y[0]).isCloseTo(exact, offset(1e-6 * exact));
    }
}
