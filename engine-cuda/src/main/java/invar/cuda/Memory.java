package invar.cuda;

import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemGetInfo;

import invar.core.spi.DeviceMemoryError;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/// What is allocated on a device. A closed scope's memory is freed at once. Memory of any other storage that nobody
/// refers to any more is freed at the next allocation, on the thread that uses the device, so that no other thread ever
/// calls the driver; `cuMemFree` waits for what is still being computed.
final class Memory implements AutoCloseable {

    /// An address that can be read, which JCuda keeps to itself.
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }

    private record Block(Address address, long bytes) {}

    /// A storage that is in use, until it is freed or unreachable.
    private static final class Held extends PhantomReference<CudaStorage> {
        final Block block;

        Held(CudaStorage storage, Block block, ReferenceQueue<CudaStorage> queue) {
            super(storage, queue);
            this.block = block;
        }
    }

    /// How long an allocation that is refused waits for the garbage collector to tell what is unreachable.
    private static final long PATIENCE_MILLIS = 100;

    private final ReferenceQueue<CudaStorage> unreachable = new ReferenceQueue<>();
    private final Map<Long, Held> held = new HashMap<>();                // by address
    private final List<Block> retired = new ArrayList<>();
    private Block scratch;
    private long bytes, peak, scratchUsed;
    private boolean capturing, captured, closed;             // captured: ever

    /// Memory with undefined contents.
    ///
    /// @throws OutOfMemoryError with what was asked for, what is in use, and what would help
    CudaStorage allocate(long size) {
        if (capturing) throw new IllegalStateException("no memory can be allocated inside a captured step");
        collect();
        Block block = block(Math.max(size, 4));
        CudaStorage storage = new CudaStorage(block.address.value(), block.bytes);
        held.put(storage.address(), new Held(storage, block, unreachable));
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
            long twice = scratch == null ? 1 << 20 : 2 * scratch.bytes;
            if (scratch != null && captured) retired.add(scratch);          // a captured step may go on using it
            else if (scratch != null) free(scratch);
            scratch = null;
            scratch = block(Math.max(rounded, twice));
        }
        long address = scratch.address.value() + scratchUsed;
        scratchUsed += rounded;
        return address;
    }

    /// Whether a step is being captured, during which the driver allocates nothing.
    void capturing(boolean now) {
        capturing = now;
        captured |= now;
    }

    /// Whether a step is being captured.
    boolean capturing() {
        return capturing;
    }

    /// Begins an op: scratch memory is used again from its beginning.
    void reuseScratch() {
        scratchUsed = 0;
    }

    private Block block(long size) {
        Address address = new Address();
        int status = cuMemAlloc(address, size);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            System.gc();                                    // finds out what nobody refers to, and tells by and by
            while (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY && collectOne()) {
                collect();
                status = cuMemAlloc(address, size);
            }
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
        return new DeviceMemoryError("no room for " + mebibytes(size) + " MiB on the device, where " + mebibytes(bytes)
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
        for (Object gone = unreachable.poll(); gone != null; gone = unreachable.poll()) free((Held) gone);
    }

    /// Waits a moment for a storage that nobody refers to; false if there is none.
    private boolean collectOne() {
        try {
            Held gone = (Held) unreachable.remove(PATIENCE_MILLIS);
            if (gone != null) free(gone);
            return gone != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();             // whoever interrupts is not kept waiting
            return false;
        }
    }

    /// Frees a storage that nobody uses any more, if it was not freed before.
    void free(CudaStorage storage) {
        Held gone = held.get(storage.address());
        if (closed || gone == null || !gone.refersTo(storage)) return;
        gone.clear();
        free(gone);
    }

    private void free(Held gone) {
        held.remove(gone.block.address.value());
        free(gone.block);
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
        for (Held one : held.values()) cuMemFree(one.block.address);
        for (Block block : retired) cuMemFree(block.address);
        if (scratch != null) cuMemFree(scratch.address);
        held.clear();
    }
}
