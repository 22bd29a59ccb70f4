package invar.nn.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class StoredTensorTest {

    @Test
    void shapeAndDataMustAgree() {
        assertThatIllegalArgumentException().isThrownBy(() -> StoredTensor.of(new float[5], 2, 3))
                .withMessage("F32 of shape [2, 3] takes 24 bytes, but its data has 20");
        assertThatIllegalArgumentException().isThrownBy(() -> StoredTensor.of(new float[2]))
                .withMessageContaining("shape [] takes 4 bytes");
        assertThatIllegalArgumentException().isThrownBy(() -> StoredTensor.of(new float[0], -1, 0))
                .withMessageContaining("negative");
    }

    @Test
    void refusesConversionsThatCouldChangeAValue() {
        StoredTensor f64 = StoredTensor.of(new double[] {0.1}), i64 = StoredTensor.of(new long[] {1L << 31});
        assertThatIllegalArgumentException().isThrownBy(f64::floats)
                .withMessage("a tensor of type F64 cannot be read as float values");
        assertThatIllegalArgumentException().isThrownBy(f64::longs);
        assertThatIllegalArgumentException().isThrownBy(i64::doubles);
        assertThatIllegalArgumentException().isThrownBy(i64::ints).withMessageContaining("2147483648");
    }

    @Test
    void sharesNothingWithTheCaller() {
        float[] values = {1, 2};
        long[] shape = {2};
        StoredTensor tensor = StoredTensor.of(values, shape);
        values[0] = 9;
        shape[0] = 9;
        tensor.shape()[0] = 9;
        assertThat(tensor.floats()).containsExactly(1, 2);
        assertThat(tensor.shape()).containsExactly(2);
        assertThatThrownBy(() -> tensor.data().fill((byte) 0)).isInstanceOf(RuntimeException.class);
        assertThat(tensor.data().isReadOnly()).isTrue();
    }

    @Test
    void elementsMayLieAnywhere() {
        byte[] bytes = {0, 0, 0, (byte) 0x80, 0x3F, 7};
        MemorySegment odd = MemorySegment.ofArray(bytes).asSlice(1, 4);
        StoredTensor one = new StoredTensor(StoredTensor.Type.F32, new long[0], odd);
        assertThat(one.floats()).containsExactly(1f);
    }
}
