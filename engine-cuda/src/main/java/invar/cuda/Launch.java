package invar.cuda;

import static jcuda.driver.JCudaDriver.cuFuncSetAttribute;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;

import invar.core.Tensor;
import invar.core.spi.Broadcast;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;

/// A kernel's arguments and its start. There is one for a device: arguments are written into the same memory each time,
/// which the driver copies when the kernel is started.
///
/// `gpu.kernel("affine").tensor(x).tensor(y).i64(n).f32(scale).f32(shift).elements(n)`
final class Launch {

    private static final int SLOT = 128, SLOTS = 32, BLOCK = 256;
    private static final int FREE_SHARED = 48 << 10;          // what a kernel may use without being allowed to
    private static final int MOST_AXES = 8;                   // of struct Repeat

    private final Gpu gpu;
    private final ByteBuffer values = ByteBuffer.allocateDirect(SLOT * SLOTS).order(ByteOrder.nativeOrder());
    private final Pointer[] lists = new Pointer[SLOTS + 1];
    private final Map<CUfunction, Integer> allowed = new HashMap<>();
    private String name;
    private CUfunction function;
    private int count;

    Launch(Gpu gpu) {
        this.gpu = gpu;
        Pointer[] slots = new Pointer[SLOTS];
        for (int i = 0; i < SLOTS; i++) slots[i] = Pointer.to(values).withByteOffset((long) i * SLOT);
        for (int n = 0; n <= SLOTS; n++) lists[n] = Pointer.to(Arrays.copyOf(slots, n));
    }

    Launch of(String kernel, CUfunction entry) {
        name = kernel;
        function = entry;
        count = 0;
        return this;
    }

    private int slot() {
        return SLOT * count++;
    }

    /// The address of a tensor's first element.
    Launch tensor(Tensor tensor) {
        return address(CudaStorage.address(tensor));
    }

    /// An address on the device; 0 for none.
    Launch address(long address) {
        values.putLong(slot(), address);
        return this;
    }

    /// A `long long`.
    Launch i64(long value) {
        values.putLong(slot(), value);
        return this;
    }

    /// An `int`.
    Launch i32(int value) {
        values.putInt(slot(), value);
        return this;
    }

    /// A `float`, rounded.
    Launch f32(double value) {
        values.putFloat(slot(), (float) value);
        return this;
    }

    /// A `double`.
    Launch f64(double value) {
        values.putDouble(slot(), value);
        return this;
    }

    /// An `int`, 1 or 0.
    Launch flag(boolean value) {
        return i32(value ? 1 : 0);
    }

    /// A struct of ints, at most 32.
    Launch ints(int... members) {
        int at = slot();
        for (int i = 0; i < members.length; i++) values.putInt(at + 4 * i, members[i]);
        return this;
    }

    /// A `struct Repeat` (common.cuh).
    Launch repeat(Broadcast broadcast) {
        return places(broadcast.extents(), broadcast.strides());
    }

    /// A `struct Repeat` with any strides, outermost axis first.
    Launch places(int[] extents, long[] strides) {
        int axes = extents.length, at = slot();
        if (axes > MOST_AXES) {
            throw new IllegalArgumentException("the CUDA backend walks along at most " + MOST_AXES
                    + " axes that cannot be merged, not " + axes);
        }
        values.putInt(at, axes);
        for (int i = 0; i < MOST_AXES; i++) {
            values.putInt(at + 4 + 4 * i, i < axes ? extents[axes - 1 - i] : 1);
            values.putLong(at + 40 + 8 * i, i < axes ? strides[axes - 1 - i] : 0);
        }
        return this;
    }

    /// Starts enough threads for `n` elements, each of which may take several; nothing for none.
    void elements(long n) {
        blocks(Math.min((n + BLOCK - 1) / BLOCK, 32L * gpu.multiprocessors()), BLOCK, 0);
    }

    /// Starts `blocks` of `threads` threads each, with `shared` bytes of memory sized at launch; nothing for no blocks.
    void blocks(long blocks, int threads, int shared) {
        grid(blocks, 1, 1, threads, shared);
    }

    /// The same with a grid of up to three axes.
    void grid(long x, long y, long z, int threads, int shared) {
        if (x == 0 || y == 0 || z == 0) return;
        if (x > Integer.MAX_VALUE || y > 65535 || z > 65535) {
            throw new IllegalArgumentException("the kernel " + name + " would need a grid of " + x + " × " + y + " × "
                    + z + " blocks; the limits are 2147483647, 65535 and 65535");
        }
        if (shared > FREE_SHARED && allowed.getOrDefault(function, FREE_SHARED) < shared) {
            Driver.check(cuFuncSetAttribute(function,
                    CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
                    "cuFuncSetAttribute for " + name);
            allowed.put(function, shared);
        }
        Driver.check(cuLaunchKernel(function, (int) x, (int) y, (int) z, threads, 1, 1, shared, gpu.stream(),
                lists[count], null), "cuLaunchKernel for " + name);
    }
}
