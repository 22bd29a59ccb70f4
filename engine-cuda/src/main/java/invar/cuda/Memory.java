package invar.cuda;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/// What is allocated on a device. Memory of a storage that nobody refers to any more is freed at the next allocation,
/// on the thread that uses the device, so that no other thread ever calls the driver; `cuMemFree` waits for what is
/// still being computed.
final class Memory implements AutoCloseable {

    /// An address that can be read, which JCuda keeps to itself.
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }

    private record Block(Address address, long bytes) {}

    private final ReferenceQueue<CudaStorage> unreachable = new ReferenceQueue<>();
    private final Map<PhantomReference<CudaStorage>, Block> held = new HashMap<>();
    private final List<Block> retired = new ArrayList<>();
    private Block scratch;
    private long bytes, peak, scratchUsed;
    private boolean capturing, closed;

    /// Memory with undefined contents.
    ///
    /// @throws OutOfMemoryError with what was asked for, what is in use, and what would help
    CudaStorage allocate(long size) {
        if (capturing) throw new IllegalStateException("no memory can be allocated inside a captured step");
        collect();
        Block block = block(Math.max(size, 4));
        CudaStorage storage = new CudaStorage(block.address.value(), block.bytes);
        held.put(new PhantomReference<>(storage, unreachable), block);
        return storage;
    }

    /// The address of `size` bytes that are valid until the next op; see [#reuseScratch].
    ///
    /// @throws OutOfMemoryError as [#allocate]
    long scratch(long size) {
        long rounded = (size + 255) / 256 * 256;
        if (scratch == null || scratchUsed + rounded > scratch.bytes) {
            if (scratchUsed > 0) {
                throw new IllegalStateException("an op asks for all its scratch memory at once");
            }
            if (capturing) {
                throw new IllegalStateException("scratch memory of " + mebibytes(rounded) + " MiB, of which there are "
                        + mebibytes(scratch == null ? 0 : scratch.bytes) + ", cannot be allocated inside a captured "
                        + "step: a step must have run once before it is captured");
            }
            Block larger = block(Math.max(rounded, scratch == null ? 1 << 20 : 2 * scratch.bytes));
            if (scratch != null) retired.add(scratch);          // a captured step may go on using it
            scratch = larger;
        }
        long address = scratch.address.value() + scratchUsed;
        scratchUsed += rounded;
        return address;
    }

    /// Whether a step is being captured, during which the driver allocates nothing.
    void capturing(boolean now) {
        capturing = now;
    }

    /// Begins an op: scratch memory is used again from its beginning.
    void reuseScratch() {
        scratchUsed = 0;
    }

    private Block block(long size) {
        Address address = new Address();
        int status = cuMemAlloc(address, size);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            System.gc();                                    // finds out what nobody refers to
            collect();
            status = cuMemAlloc(address, size);
        }
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) throw outOfMemory(size);
        Driver.check(status, "cuMemAlloc");
        bytes += size;
        peak = Math.max(peak, bytes);
        return new Block(address, size);
    }

    private OutOfMemoryError outOfMemory(long size) {
        long[] free = {0}, total = {0};
        cuMemGetInfo(free, total);
        return new OutOfMemoryError("no room for " + mebibytes(size) + " MiB on the device, where " + mebibytes(bytes)
                + " MiB are in use by this program and " + mebibytes(free[0]) + " of " + mebibytes(total[0])
                + " MiB are free: use a smaller batch, or smaller images");
    }

    /// Bytes that are free on the device.
    long free() {
        collect();
        long[] free = {0}, total = {0};
        Driver.check(cuMemGetInfo(free, total), "cuMemGetInfo");
        return free[0];
    }

    private static long mebibytes(long size) {
        return (size + (1 << 20) - 1) >> 20;
    }

    private void collect() {
        for (Object gone = unreachable.poll(); gone != null; gone = unreachable.poll()) free(held.remove(gone));
    }

    private void free(Block block) {
        Driver.check(cuMemFree(block.address), "cuMemFree");
        bytes -= block.bytes;
    }

    /// Bytes held, in all.
    long bytes() {
        return bytes;
    }

    /// The most bytes ever held at once.
    long peak() {
        return peak;
    }

    /// Frees everything, whatever the driver says: it may have stopped to answer after a kernel failed.
    @Override
    public void close() {
        if (closed) return;
        closed = true;
        for (Block block : held.values()) cuMemFree(block.address);
        for (Block block : retired) cuMemFree(block.address);
        if (scratch != null) cuMemFree(scratch.address);
        held.clear();
    }
}
