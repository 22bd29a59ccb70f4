package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import invar.core.spi.Precision;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The emulator finds mistakes that were made on purpose (src/test/cuda/planted.cu): its checks can fail.
class PlantedFaultsTest {

    private static final int BLOCKS = 4, N = 256 * BLOCKS;

    private Gpu gpu;
    private CudaStorage x, y;

    @BeforeEach
    void open() {
        assertThat(Driver.missing()).isEmpty();
        gpu = new Gpu(0, "/invar/planted/", Precision.FP32);
        x = gpu.memory().allocate(4L * N);
        y = gpu.memory().allocate(4L * N);
        float[] values = new float[N];
        for (int i = 0; i < N; i++) values[i] = i + 1;
        gpu.staging().upload(MemorySegment.ofArray(values), x.address());
    }

    @AfterEach
    void close() {
        Emulator.recover();
        Emulator.seed(1);
        gpu.close();
    }

    private float[] result() {
        float[] values = new float[N];
        gpu.staging().download(y.address(), MemorySegment.ofArray(values));
        return values;
    }

    private boolean reverses(String kernel, long seed) {
        Emulator.seed(seed);
        gpu.kernel(kernel).address(x.address()).address(y.address()).blocks(BLOCKS, 256, 0);
        float[] values = result();
        for (int i = 0; i < N; i++) {
            if (values[i] != i / 256 * 256 + 256 - i % 256) return false;
        }
        return true;
    }

    @Test
    void aKernelWithItsBarrierIsRightInEveryOrderOfWarps() {
        for (long seed = 0; seed < 20; seed++) assertThat(reverses("planted_reverse", seed)).isTrue();
    }

    @Test
    void aMissingBarrierShowsInEveryOrderOfWarps() {
        for (long seed = 1; seed < 20; seed++) assertThat(reverses("planted_no_barrier", seed)).isFalse();
    }

    @Test
    void copiesThatAreWaitedForAreThereInEveryOrderOfWarps() {
        for (long seed = 0; seed < 20; seed++) assertThat(reverses("planted_copied", seed)).isTrue();
    }

    @Test
    void aMissingWaitForCopiesShowsInEveryOrderOfWarps() {
        for (long seed = 0; seed < 20; seed++) assertThat(reverses("planted_no_wait", seed)).isFalse();
    }

    @Test
    void tensorCoresWantAWholeWarp() {
        gpu.kernel("planted_half_a_warp").address(y.address()).blocks(1, 256, 0);
        assertThatThrownBy(gpu::synchronize).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
        assertThat(Emulator.fault()).contains("planted_half_a_warp", "only 16 lanes of a warp");
    }

    /// In turn, warp by warp, this mistake would not show.
    @Test
    void aMissingSecondBarrierShowsBecauseWarpsRunAhead() {
        assertThat(wrongSums("planted_no_second_barrier")).isGreaterThanOrEqualTo(15);
    }

    /// If all copies came only when they are waited for, this mistake would not show.
    @Test
    void copiesToWhatIsStillReadShowBecauseSomeComeAtOnce() {
        assertThat(wrongSums("planted_copied_too_early")).isEqualTo(20);
    }

    private int wrongSums(String kernel) {
        int wrong = 0;
        for (long seed = 1; seed <= 20; seed++) {
            Emulator.seed(seed);
            gpu.kernel(kernel).address(x.address()).address(y.address()).i32(BLOCKS)
                    .blocks(1, 256, 0);
            float[] values = result();
            boolean right = true;
            for (int i = 0; i < 256; i++) {
                float sum = 0;
                for (int round = 0; round < BLOCKS; round++) sum += round * 256 + 256 - i;
                right &= values[i] == sum;
            }
            if (!right) wrong++;
        }
        return wrong;
    }

    /// Of small whole numbers, so that all roundings are exact.
    private boolean multipliesPacked(String kernel, long seed) {
        int rows = 16, width = 64;
        short[] u = new short[rows * width];
        int[] whole = new int[rows * width];
        for (int i = 0; i < u.length; i++) {
            whole[i] = (i / width * 7 + i % width * 3 + i / 11) % 5 - 2;
            u[i] = (short) (Float.floatToIntBits(whole[i]) >>> 16);
        }
        gpu.staging().upload(MemorySegment.ofArray(u), x.address());
        Emulator.seed(seed);
        gpu.kernel(kernel).address(x.address()).address(y.address()).blocks(1, 64, 0);
        float[] values = result();
        for (int i = 0; i < rows; i++) {
            for (int f = 0; f < width; f++) {
                float sum = 0;
                for (int j = 0; j < rows; j++) {
                    int s = 0;
                    for (int k = 0; k < width; k++) s += whole[i * width + k] * whole[j * width + k];
                    sum += s * whole[j * width + f];
                }
                if (values[i * width + f] != sum) return false;
            }
        }
        return true;
    }

    @Test
    void packedProductsAreRightInEveryOrderOfWarps() {
        for (long seed = 0; seed < 20; seed++) assertThat(multipliesPacked("planted_packed_right", seed)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no_wait", "no_barrier", "copied_as_it_lies", "read_as_a", "not_across"})
    void mistakesInPackedProductsShowInEveryOrderOfWarps(String mistake) {
        for (long seed = 1; seed < 20; seed++) {
            assertThat(multipliesPacked("planted_packed_" + mistake, seed)).as("right with seed %d", seed).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"half_a_quad, a row of a matrix does not begin at 16 bytes",
            "in_one_bank, rows of a matrix meet in banks of shared memory"})
    void matricesAreReadFromWholeQuadsOfAllBanks(String mistake, String fault) {
        gpu.kernel("planted_packed_" + mistake).address(x.address()).address(y.address()).blocks(1, 64, 0);
        assertThatThrownBy(gpu::synchronize).hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
        assertThat(Emulator.fault()).contains("planted_packed_" + mistake, fault);
    }

    @Test
    void whoWaitsForNobodyIsADeadlock() {
        gpu.kernel("planted_deadlock").address(y.address()).blocks(1, 256, 0);
        assertThatThrownBy(gpu::synchronize).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED");
        assertThat(Emulator.fault()).contains("planted_deadlock", "deadlock: thread ", "planted.cu:");
    }

    @Test
    void oneElementTooManyIsAWriteOutOfBounds() {
        gpu.kernel("planted_overrun").address(y.address()).i32(N).blocks(BLOCKS, 256, 0);
        assertThatThrownBy(gpu::synchronize).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
        assertThat(Emulator.fault()).contains("planted_overrun wrote outside of an allocation of " + 4 * N + " bytes");
    }

    /// And where what is written is made of what lies behind the input, which is no number either.
    @Test
    void oneElementTooManyOfBothIsAWriteOutOfBounds() {
        gpu.kernel("planted_overrun_of_both").address(x.address()).address(y.address()).i32(N).blocks(BLOCKS, 256, 0);
        assertThatThrownBy(gpu::synchronize).hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
        assertThat(Emulator.fault()).contains("planted_overrun_of_both wrote outside of an allocation of " + 4 * N);
    }

    @Test
    void sharedMemoryThatNobodyWroteIsNotANumber() {
        gpu.kernel("planted_uninitialised").address(y.address()).blocks(1, 256, 0);
        assertThat(result()[0]).isNaN();
    }

    /// What CudaFaultsTest asserts after every backend would see this.
    @Test
    void whatIsNotFreedIsCounted() {
        long before = Emulator.count(Emulator.What.ALLOCATIONS), bytes = Emulator.count(Emulator.What.BYTES);
        CUdeviceptr leak = new CUdeviceptr();
        Driver.check(JCudaDriver.cuMemAlloc(leak, 12), "cuMemAlloc");
        assertThat(Emulator.count(Emulator.What.ALLOCATIONS)).isEqualTo(before + 1);
        assertThat(Emulator.count(Emulator.What.BYTES)).isEqualTo(bytes + 12);
        JCudaDriver.cuMemFree(leak);
    }

    @Test
    void memoryIsNotANumberUntilItIsWritten() {
        assertThat(result()).containsOnly(Float.NaN);
    }
}
