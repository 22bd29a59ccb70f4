package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockPairsTest {

    /// INLINE runs one job after another, so a change of `round` shows in the order.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 8, 17})
    void everyPairComesOnceAndNoBlockTwiceInARound(int blocks) {
        List<int[]> pairs = new ArrayList<>();
        BlockPairs.each(Parallel.INLINE, blocks, (i, j) -> pairs.add(new int[] {i, j}));
        Set<Integer> seen = new TreeSet<>(), busy = new TreeSet<>();
        int round = 0;
        for (int[] pair : pairs) {
            int i = pair[0], j = pair[1];
            assertThat(i).isBetween(0, j);
            assertThat(j).isLessThan(blocks);
            assertThat(seen.add(BlockPairs.index(i, j, blocks))).as("pair %d, %d comes once", i, j).isTrue();
            if ((i + j) % blocks != round) {
                assertThat((i + j) % blocks).isEqualTo(++round);
                busy.clear();
            }
            assertThat(busy.add(i)).as("block %d is free in round %d", i, round).isTrue();
            assertThat(i == j || busy.add(j)).as("block %d is free in round %d", j, round).isTrue();
        }
        assertThat(seen).hasSize(BlockPairs.count(blocks)).allMatch(k -> k >= 0 && k < BlockPairs.count(blocks));
    }
}
