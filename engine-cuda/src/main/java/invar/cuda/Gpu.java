package invar.cuda;

import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
import static jcuda.driver.CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuDeviceGet;
import static jcuda.driver.JCudaDriver.cuDeviceGetAttribute;
import static jcuda.driver.JCudaDriver.cuDeviceGetName;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRelease;
import static jcuda.driver.JCudaDriver.cuDevicePrimaryCtxRetain;
import static jcuda.driver.JCudaDriver.cuStreamCreate;
import static jcuda.driver.JCudaDriver.cuStreamDestroy;
import static jcuda.driver.JCudaDriver.cuStreamSynchronize;

import invar.core.spi.Precision;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;

/// One device that is in use: its context, one stream on which everything happens in order, its memory and its kernels.
/// Used by the thread that opened it.
final class Gpu implements AutoCloseable {

    /// The oldest architecture that the kernels are compiled for: 7.5, Turing.
    private static final int OLDEST = 75;

    /// The oldest with tensor cores that take TF32 and bfloat16: 8.0, Ampere.
    private static final int TENSOR_CORES = 80;

    /// The device whose context this thread is in: a thread may use several.
    private static final ThreadLocal<Gpu> ENTERED = new ThreadLocal<>();

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private boolean streaming;                   // whether there is one yet
    private final int multiprocessors, mostShared;
    private final Precision precision;
    private final Memory memory = new Memory();
    private Staging staging;                     // null, and so is the next, only while the device is being opened
    private Kernels kernels;
    private Libraries libraries = Libraries.none();

    /// @param folder  where the resources of the kernels are
    /// @param allowed the least precise way to multiply; a device without it multiplies in single precision
    /// @throws IllegalArgumentException if the device is too old for the kernels, or the driver does not take them
    /// @throws Driver.Refusal if the driver refuses anything else, such as memory; nothing stays in use then
    Gpu(int ordinal, String folder, Precision allowed) {
        Driver.check(cuDeviceGet(device, ordinal), "cuDeviceGet");
        int capability = capability(device);
        if (capability < OLDEST) {
            throw new IllegalArgumentException("the device cuda:" + ordinal + " has compute capability "
                    + capability / 10 + "." + capability % 10 + ", and 7.5 (Turing) or later is needed");
        }
        precision = capability < TENSOR_CORES ? Precision.FP32 : allowed;
        multiprocessors = attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        mostShared = attribute(device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
        Driver.check(cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
        try {
            enter();
            Driver.check(cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
            streaming = true;
            staging = new Staging(stream);
            kernels = new Kernels(this, folder, precision);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /// For example `NVIDIA H100 80GB HBM3 (compute capability 9.0: fp32, tf32, bf16)`.
    static String describe(int ordinal) {
        CUdevice device = new CUdevice();
        Driver.check(cuDeviceGet(device, ordinal), "cuDeviceGet");
        byte[] name = new byte[256];
        Driver.check(cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        int length = 0;
        while (length < name.length && name[length] != 0) length++;
        int capability = capability(device);
        return new String(name, 0, length, StandardCharsets.UTF_8) + " (compute capability " + capability / 10 + "."
                + capability % 10 + ": " + (capability < TENSOR_CORES ? "fp32" : "fp32, tf32, bf16") + ")";
    }

    private static int capability(CUdevice device) {
        return 10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
                + attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    }

    private static int attribute(CUdevice device, int which) {
        int[] value = {0};
        Driver.check(cuDeviceGetAttribute(value, which, device), "cuDeviceGetAttribute");
        return value[0];
    }

    /// Makes this the device that the thread's next calls of the driver are for.
    void enter() {
        if (ENTERED.get() == this) return;
        Driver.check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
        ENTERED.set(this);
    }

    CUstream stream() {
        return stream;
    }

    Memory memory() {
        return memory;
    }

    Staging staging() {
        return staging;
    }

    /// How it multiplies.
    Precision precision() {
        return precision;
    }

    int multiprocessors() {
        return multiprocessors;
    }

    /// The most bytes of shared memory that one block can have.
    int mostShared() {
        return mostShared;
    }

    /// The vendor's libraries in use: none, until [#useLibraries] is called.
    Libraries libraries() {
        return libraries;
    }

    /// Uses the vendor's libraries that there are, but for these.
    void useLibraries(Set<String> without) {
        libraries = Libraries.open(this, precision, without);
    }

    /// Begins a launch of the entry point `name`; see [Launch].
    Launch kernel(String name) {
        return kernels.launch(name);
    }

    /// Waits until everything asked for so far is done.
    ///
    /// @throws IllegalStateException if a kernel failed
    void synchronize() {
        Driver.check(cuStreamSynchronize(stream), "cuStreamSynchronize");
    }

    /// Frees everything, also after a kernel failed, when the driver refuses nearly every call.
    @Override
    public void close() {
        cuCtxSetCurrent(context);
        ENTERED.remove();
        if (streaming) cuStreamSynchronize(stream);
        libraries.close();
        if (kernels != null) kernels.close();
        if (staging != null) staging.close();
        memory.close();
        if (streaming) cuStreamDestroy(stream);
        cuDevicePrimaryCtxRelease(device);
    }
}
