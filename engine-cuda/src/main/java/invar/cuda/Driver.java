package invar.cuda;

import static jcuda.driver.JCudaDriver.cuDeviceGetCount;
import static jcuda.driver.JCudaDriver.cuDriverGetVersion;
import static jcuda.driver.JCudaDriver.cuGetErrorName;
import static jcuda.driver.JCudaDriver.cuGetErrorString;
import static jcuda.driver.JCudaDriver.cuInit;

import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.Map;
import java.util.Optional;
import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/// NVIDIA's driver, through JCuda: whether it is here, and what its status codes mean.
///
/// The system property [#LIBRARY] names the file of the driver where it is not `libcuda.so.1` of the system.
final class Driver {

    /// The system property with the path of a driver's library.
    static final String LIBRARY = "invar.cuda.driver";

    /// Its name where the system finds it.
    private static final String SYSTEM = "libcuda.so.1";

    /// The oldest CUDA that is served, as the driver gives its version: 12.0, which came with driver 525.
    private static final int OLDEST = 12_000;

    /// A call that the driver did not do.
    static final class Refusal extends IllegalStateException {

        private static final long serialVersionUID = 1;

        private final int status;

        private Refusal(int status, String call) {
            super("the CUDA driver refused " + call + ": " + name(status));
            this.status = status;
        }

        /// The sentence for a user whose device could not be opened for this, with the usual reason, if there is one.
        String whileOpening() {
            return getMessage() + switch (status) {
                case CUresult.CUDA_ERROR_OUT_OF_MEMORY -> "; other programs may be using the device's memory";
                case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE -> "; another program may have the device to itself";
                default -> "";
            };
        }
    }

    private static Optional<String> missing;

    private Driver() {}

    /// Why there is no driver that can be used, in one sentence; empty if there is one. Looked for once.
    static synchronized Optional<String> missing() {
        if (missing == null) missing = look();
        return missing;
    }

    @SuppressWarnings("restricted")
    private static Optional<String> look() {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!system.equals("Linux on amd64")) {
            return Optional.of("the CUDA backend runs on Linux on x86-64, and this is " + system);
        }
        String library = System.getProperty(LIBRARY);
        try {
            SymbolLookup symbols;
            if (library == null) {
                symbols = SymbolLookup.libraryLookup(SYSTEM, Arena.global());
            } else {
                System.load(library);
                symbols = SymbolLookup.loaderLookup();
            }
            if (symbols.find("cuInit").isEmpty()) {          // JCuda's first call would end the JVM
                return Optional.of((library == null ? SYSTEM : library) + " is not NVIDIA's driver: it has no cuInit");
            }
        } catch (IllegalArgumentException e) {
            return Optional.of(LoaderError.of(SYSTEM).filter(text -> !text.endsWith("No such file or directory"))
                    .map(text -> "the NVIDIA driver cannot be loaded: " + text)
                    .orElse("no NVIDIA driver is installed (there is no " + SYSTEM + ")"));
        } catch (UnsatisfiedLinkError e) {
            return Optional.of("the driver that -D" + LIBRARY + " names cannot be loaded: " + e.getMessage());
        }
        try {
            Natives.load(Map.of(), () -> JCudaDriver.setExceptionsEnabled(false));      // the first use loads it
        } catch (LinkageError | CudaException | UncheckedIOException e) {
            String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
            return Optional.of("JCuda cannot be loaded: " + first);
        }
        try {
            return examine();
        } catch (Refusal e) {
            return Optional.of(e.getMessage());
        }
    }

    private static Optional<String> examine() {
        int status = cuInit(0);
        if (status == CUresult.CUDA_ERROR_NO_DEVICE) return Optional.of("the NVIDIA driver finds no device");
        if (status != CUresult.CUDA_SUCCESS) return Optional.of("the NVIDIA driver does not start: " + name(status));
        int[] version = {0}, count = {0};
        check(cuDriverGetVersion(version), "cuDriverGetVersion");
        if (version[0] < OLDEST) {
            return Optional.of("the NVIDIA driver is for CUDA " + text(version[0]) + ", and CUDA " + text(OLDEST)
                    + " (driver 525) or later is needed");
        }
        check(cuDeviceGetCount(count), "cuDeviceGetCount");
        return count[0] == 0 ? Optional.of("the NVIDIA driver finds no device") : Optional.empty();
    }

    /// How many devices there are.
    static int devices() {
        int[] count = {0};
        check(cuDeviceGetCount(count), "cuDeviceGetCount");
        return count[0];
    }

    /// For example `CUDA 13.0`.
    static String version() {
        return "CUDA " + text(number());
    }

    /// The first part of that number.
    static int major() {
        return number() / 1000;
    }

    private static int number() {
        int[] version = {0};
        check(cuDriverGetVersion(version), "cuDriverGetVersion");
        return version[0];
    }

    private static String text(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }

    /// Passes over success.
    ///
    /// @param call the name of the function that returned this status
    /// @throws Refusal for every other status, with its name and meaning
    static void check(int status, String call) {
        if (status != CUresult.CUDA_SUCCESS) throw new Refusal(status, call);
    }

    /// For example `CUDA_ERROR_OUT_OF_MEMORY (out of memory)`.
    static String name(int status) {
        String[] name = {null}, meaning = {null};
        cuGetErrorName(status, name);
        cuGetErrorString(status, meaning);
        if (name[0] == null) return "status " + status;
        return meaning[0] == null || meaning[0].equals(name[0]) ? name[0] : name[0] + " (" + meaning[0] + ")";
    }
}
