package invar.ssl.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import invar.nn.io.Safetensors;
import invar.nn.io.StoredTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ComparisonTest {

    private static final float[] REFERENCE = {1, -2, 1e-6f, 2e-6f};            // two slices of very different size

    private final Map<String, String> metadata = new LinkedHashMap<>(Map.of(
            "op", "relu", "case", "made_up", "inputs", "", "outputs", "y", "rtol.y", "1e-5", "atol.y", "0"));
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final Map<String, StoredTensor> computed = new LinkedHashMap<>();

    @BeforeEach
    void expectTheReference() {
        tensors.put("y", StoredTensor.of(REFERENCE, 2, 2));
    }

    @Test
    void theReferenceItselfPasses() {
        computed.put("y", StoredTensor.of(REFERENCE, 2, 2));
        assertThat(compare()).isEqualTo(new Comparison("y", 0, null));
    }

    @Test
    void theShareOfTheToleranceIsThatOfTheWorstSlice() {
        computed.put("y", StoredTensor.of(new double[] {1 + 0.4e-5, -2, REFERENCE[2], REFERENCE[3] + 1.5e-11}, 2, 2));
        Comparison comparison = compare();
        assertThat(comparison.passed()).isTrue();
        assertThat(comparison.share()).isCloseTo(0.75, within(1e-3));          // 1.5e-11 of 1e-5 · 2e-6
    }

    @Test
    void aWrongValueFails() {
        computed.put("y", StoredTensor.of(new float[] {1, -2.125f, 1e-6f, 2e-6f}, 2, 2));
        assertThat(compare().passed()).isFalse();
        assertThat(compare().reason()).isEqualTo("y[0] is off by 0.125, but 2.00e-05 is allowed");
    }

    @Test
    void aSmallSliceIsNotHiddenByALargeOne() {
        computed.put("y", StoredTensor.of(new float[] {1, -2, 1e-6f, 2.1e-6f}, 2, 2));
        assertThat(compare().reason()).isEqualTo("y[1] is off by 1.00e-07, but 2.00e-11 is allowed");
    }

    @Test
    void aVectorIsOneSlice() {
        tensors.put("y", StoredTensor.of(REFERENCE, 4));
        computed.put("y", StoredTensor.of(new float[] {1, -2, 1e-6f, 2.1e-6f}, 4));
        assertThat(compare().passed()).isTrue();
    }

    @Test
    void anAbsoluteToleranceAddsToTheRelativeOne() {
        metadata.put("atol.y", "1e-3");
        computed.put("y", StoredTensor.of(new float[] {1, -2.001f, 1e-6f, 9e-4f}, 2, 2));
        assertThat(compare().passed()).isTrue();
    }

    @Test
    void aNaNFailsWhateverTheTolerance() {
        metadata.put("atol.y", "1e30");
        computed.put("y", StoredTensor.of(new float[] {1, -2, Float.NaN, 2e-6f}, 2, 2));
        assertThat(compare().reason()).isEqualTo("y[2] is NaN");
    }

    @Test
    void anInfinityFails() {
        computed.put("y", StoredTensor.of(new float[] {1, Float.NEGATIVE_INFINITY, 1e-6f, 2e-6f}, 2, 2));
        assertThat(compare().reason()).isEqualTo("y[0] is off by Infinity, but 2.00e-05 is allowed");
    }

    @Test
    void anExpectedInfinityMustBeMetAndLeavesTheToleranceAlone() {
        tensors.put("y", StoredTensor.of(new float[] {Float.POSITIVE_INFINITY, 1}, 2));
        computed.put("y", StoredTensor.of(new float[] {Float.POSITIVE_INFINITY, 1}, 2));
        assertThat(compare().passed()).isTrue();
        computed.put("y", StoredTensor.of(new float[] {Float.POSITIVE_INFINITY, 2}, 2));
        assertThat(compare().passed()).isFalse();
        computed.put("y", StoredTensor.of(new float[] {Float.NEGATIVE_INFINITY, 1}, 2));
        assertThat(compare().passed()).isFalse();
    }

    @Test
    void aWrongShapeFails() {
        computed.put("y", StoredTensor.of(REFERENCE, 4));
        assertThat(compare().reason()).isEqualTo("y has shape [4] instead of [2, 2]");
    }

    @Test
    void aMissingOutputFails() {
        computed.put("z", StoredTensor.of(REFERENCE, 2, 2));
        assertThat(compare().reason()).isEqualTo("y was not computed");
    }

    @Test
    void integersMustBeEqual() {
        tensors.put("y", StoredTensor.of(new long[] {3, 5}, 2));
        computed.put("y", StoredTensor.of(new long[] {3, 5}, 2));
        assertThat(compare().passed()).isTrue();
        computed.put("y", StoredTensor.of(new long[] {3, 4}, 2));
        assertThat(compare().reason()).isEqualTo("y[1] is 4 instead of 5");
        computed.put("y", StoredTensor.of(new double[] {3, 5}, 2));
        assertThat(compare().reason()).isEqualTo("y is of type F64 instead of I64");
    }

    @Test
    void aSecondAnswerIsAcceptedWherePublishedCodeDisagrees() {
        metadata.put("outputs", "y,y_torch2");
        metadata.put("rtol.y_torch2", "1e-5");
        metadata.put("atol.y_torch2", "0");
        float[] other = {5, 6, 7, 8};
        tensors.put("y_torch2", StoredTensor.of(other, 2, 2));
        computed.put("y", StoredTensor.of(other, 2, 2));
        assertThat(compare().passed()).isTrue();
        computed.put("y", StoredTensor.of(new float[] {5, 6, 7, 9}, 2, 2));
        assertThat(compare().reason()).startsWith("y[0] is off by 8");          // judged by the first answer
    }

    @Test
    void aTableInDoublePrecisionHasTheTolerancesOfTheTable() {
        metadata.put("outputs", "y,y_f64");
        tensors.put("y_f64", StoredTensor.of(new double[] {1}, 1));
        computed.put("y", StoredTensor.of(REFERENCE, 2, 2));
        computed.put("y_f64", StoredTensor.of(new double[] {1 + 0.9e-5}, 1));
        assertThat(compare().passed()).isTrue();
        computed.put("y_f64", StoredTensor.of(new double[] {1 + 1.1e-5}, 1));
        assertThat(compare().passed()).isFalse();
    }

    @Test
    void anOutputWithoutAToleranceIsNoGoldenFile() {
        metadata.remove("rtol.y");
        computed.put("y", StoredTensor.of(REFERENCE, 2, 2));
        assertThatThrownBy(this::compare).isInstanceOf(GoldenException.class).hasMessage("the metadata has no rtol.y");
    }

    private Comparison compare() {
        return Comparison.of(GoldenCase.of(new Safetensors(metadata, tensors)), computed, RoundedProducts.NONE);
    }
}
