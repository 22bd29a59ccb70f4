package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.cuda.Tiling.Tile;
import org.junit.jupiter.api.Test;

class TilingTest {

    @Test
    void largeResultsAreCutIntoLargeTilesWithTheWholeSum() {
        assertThat(Tiling.of(4096, 4096, 4096, 1)).isEqualTo(new Tiling(Tile.LARGE, 1));
        assertThat(Tiling.of(128, 256 * 1024, 1152, 1)).isEqualTo(new Tiling(Tile.LARGE, 1));
    }

    @Test
    void narrowResultsAreCutIntoTilesThatTheyFill() {
        assertThat(Tiling.of(64, 256 * 1024, 576, 1).tile()).isEqualTo(Tile.MEDIUM);
        assertThat(Tiling.of(32, 256 * 1024, 288, 1).tile()).isEqualTo(Tile.SMALL);
        assertThat(Tiling.of(100_000, 10, 512, 1).tile()).isEqualTo(Tile.SMALL);
    }

    @Test
    void resultsOfAverageSizeAreCutIntoSmallerTilesForMoreBlocks() {
        assertThat(Tiling.of(512, 512, 512, 1)).isEqualTo(new Tiling(Tile.MEDIUM, 2));
        assertThat(Tiling.of(256, 256, 128, 1).tile()).isEqualTo(Tile.SMALL);
        assertThat(Tiling.of(256, 256, 128, 64).tile()).isEqualTo(Tile.LARGE);
    }

    @Test
    void longSumsOfSmallResultsAreCutIntoParts() {
        assertThat(Tiling.of(64, 576, 256 * 1024, 1)).isEqualTo(new Tiling(Tile.MEDIUM, 29));
        assertThat(Tiling.of(10, 512, 1024, 1)).isEqualTo(new Tiling(Tile.SMALL, 4));
        assertThat(Tiling.of(1, 1, 1 << 30, 1)).isEqualTo(new Tiling(Tile.SMALL, 256));
    }

    @Test
    void halfOfASymmetricResultHasSquareTiles() {
        assertThat(Tiling.ofHalf(2048, 8192, 2)).isEqualTo(new Tiling(Tile.LARGE, 1));
        assertThat(Tiling.ofHalf(512, 8192, 2)).isEqualTo(new Tiling(Tile.LARGE, 13));
        assertThat(Tiling.ofHalf(64, 8192, 2)).isEqualTo(new Tiling(Tile.MEDIUM, 32));
        assertThat(Tiling.ofHalf(1, 1, 2)).isEqualTo(new Tiling(Tile.MEDIUM, 1));
        for (long extent = 1; extent < 10_000; extent = extent * 3 / 2 + 1) {
            for (long depth : new long[] {1, 300, 5000, 1 << 20}) {
                Tiling tiling = Tiling.ofHalf(extent, depth, 2);
                assertThat(tiling.tile()).isNotEqualTo(Tile.SMALL);
                assertThat(tiling.tile().coveringHalf(extent) * 2 * tiling.parts()).isLessThan(1 << 15);
            }
        }
        assertThat(Tile.MEDIUM.coveringHalf(130)).isEqualTo(6);
    }

    @Test
    void whatIsNoSumIsNotCut() {
        assertThat(Tiling.whole(1024, 8192)).isEqualTo(new Tiling(Tile.LARGE, 1));
        assertThat(Tiling.whole(3, 5)).isEqualTo(new Tiling(Tile.SMALL, 1));
    }

    @Test
    void partialResultsStaySmall() {
        long most = 0;
        for (long rows = 1; rows < 1 << 14; rows = rows * 3 / 2 + 1) {
            for (long columns = 1; columns < 1 << 20; columns = columns * 3 / 2 + 1) {
                for (long depth : new long[] {1, 300, 5000, 1 << 20}) {
                    Tiling tiling = Tiling.of(rows, columns, depth, 1);
                    if (tiling.parts() > 1) most = Math.max(most, rows * columns * tiling.parts());
                }
            }
        }
        assertThat(most).as("numbers").isBetween(1L << 20, 1L << 23);
    }
}
