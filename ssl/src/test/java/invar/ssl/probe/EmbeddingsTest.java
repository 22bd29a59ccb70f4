package invar.ssl.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class EmbeddingsTest {

    @Test
    void divideEachRowByItsNorm() {
        Embeddings unit = new Embeddings(new float[] {3, 4, -5, 0, 0, 0}, 3, 2).normalised();
        assertThat(unit.rows()).containsExactly(new float[] {0.6f, 0.8f, -1, 0, 0, 0}, within(1e-7f));
        assertThat(unit.count()).isEqualTo(3);
        assertThat(unit.features()).isEqualTo(2);
    }

    @Test
    void leaveTheOriginalAlone() {
        float[] rows = {3, 4};
        new Embeddings(rows, 1, 2).normalised();
        assertThat(rows).containsExactly(3, 4);
    }

    @Test
    void haveUnitLengthFarFromOneToo() {
        for (float scale : new float[] {1e-18f, 1e-3f, 1, 1e18f}) {
            float[] unit = new Embeddings(new float[] {scale, -2 * scale, 2 * scale}, 1, 3).normalised().rows();
            assertThat(unit).containsExactly(new float[] {1 / 3f, -2 / 3f, 2 / 3f}, within(1e-6f));
        }
    }
}
