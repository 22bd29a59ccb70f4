package invar.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static jcuda.driver.JCudaDriver.cuEventCreate;
import static jcuda.driver.JCudaDriver.cuEventDestroy;
import static jcuda.driver.JCudaDriver.cuEventRecord;
import static jcuda.driver.JCudaDriver.cuEventSynchronize;
import static jcuda.driver.JCudaDriver.cuMemFreeHost;
import static jcuda.driver.JCudaDriver.cuMemHostAlloc;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoHAsync;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoDAsync;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;

/// Copies between host and device, through two buffers of memory that the system does not move ("pinned"): the device
/// fetches from one while the other is filled.
final class Staging implements AutoCloseable {

    private static final long SIZE = 4 << 20;

    /// Memory of the host whose address can be read.
    private static final class Pinned extends Pointer {
        long value() {
            return getNativePointer();
        }
    }

    private final class Buffer {
        final Pinned pointer = new Pinned();
        final CUevent copied = new CUevent();
        final MemorySegment segment;
        boolean inUse;

        @SuppressWarnings("restricted")
        Buffer() {
            Driver.check(cuMemHostAlloc(pointer, SIZE, 0), "cuMemHostAlloc");
            segment = MemorySegment.ofAddress(pointer.value()).reinterpret(SIZE);
            int status = cuEventCreate(copied, CUevent_flags.CU_EVENT_DISABLE_TIMING);
            if (status != CUresult.CUDA_SUCCESS) cuMemFreeHost(pointer);
            Driver.check(status, "cuEventCreate");
        }

        void await() {
            if (inUse) Driver.check(cuEventSynchronize(copied), "cuEventSynchronize");
            inUse = false;
        }

        void record() {
            Driver.check(cuEventRecord(copied, stream), "cuEventRecord");
            inUse = true;
        }

        void free() {
            cuEventDestroy(copied);
            cuMemFreeHost(pointer);
        }
    }

    private final CUstream stream;
    private final Buffer[] buffers;
    private int next;

    Staging(CUstream stream) {
        this.stream = stream;
        Buffer first = new Buffer();
        try {
            this.buffers = new Buffer[] {first, new Buffer()};
        } catch (Driver.Refusal e) {
            first.free();
            throw e;
        }
    }

    /// Copies all of `host` to the device; returns before it has arrived, and `host` may be changed at once.
    void upload(MemorySegment host, long to) {
        for (long at = 0; at < host.byteSize(); at += SIZE) {
            long size = Math.min(SIZE, host.byteSize() - at);
            Buffer buffer = buffers[next ^= 1];
            buffer.await();
            copy(host, at, buffer.segment, 0, size);
            Driver.check(cuMemcpyHtoDAsync(device(to + at), buffer.pointer, size, stream), "cuMemcpyHtoDAsync");
            buffer.record();
        }
    }

    /// Fills `host` from the device, when everything asked for before is done.
    void download(long from, MemorySegment host) {
        for (long at = 0; at < host.byteSize(); at += SIZE) {
            long size = Math.min(SIZE, host.byteSize() - at);
            Buffer buffer = buffers[next ^= 1];
            buffer.await();
            Driver.check(cuMemcpyDtoHAsync(buffer.pointer, device(from + at), size, stream), "cuMemcpyDtoHAsync");
            buffer.record();
            buffer.await();
            copy(buffer.segment, 0, host, at, size);
        }
    }

    /// Word by word: copies from segment to segment of less than 64 bytes were seen to stop after 8, in Java 25.0.3,
    /// once compiled in some order.
    private static void copy(MemorySegment from, long at, MemorySegment to, long toAt, long size) {
        for (long i = 0; i < size; i += Integer.BYTES) {
            to.set(JAVA_INT_UNALIGNED, toAt + i, from.get(JAVA_INT_UNALIGNED, at + i));
        }
    }

    /// JCuda's pointer to an address.
    static CUdeviceptr device(long address) {
        return new CUdeviceptr().withByteOffset(address);
    }

    @Override
    public void close() {
        for (Buffer buffer : buffers) buffer.free();
    }
}
