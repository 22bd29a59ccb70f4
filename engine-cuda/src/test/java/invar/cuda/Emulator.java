package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Set;

/// The stand-in for the driver (src/test/cpp): what it counts, and faults to inject.
@SuppressWarnings("restricted")
final class Emulator {

    /// What [#count] counts.
    enum What {
        /// Allocations on the device.
        ALLOCATIONS,
        /// Their bytes.
        BYTES,
        /// The most bytes there ever were.
        PEAK_BYTES,
        /// Buffers of the host that do not move.
        PINNED,
        /// Modules loaded.
        MODULES,
        /// Graphs, recorded and executable.
        GRAPHS,
        /// Events.
        EVENTS,
        /// Streams.
        STREAMS,
        /// Kernels started, ever.
        LAUNCHES,
        /// Holders of the context.
        CONTEXTS
    }

    private static final SymbolLookup LIBRARY =
            SymbolLookup.libraryLookup(Path.of(System.getProperty(Driver.LIBRARY)), Arena.global());

    private Emulator() {}

    /// The backend over it.
    static CudaBackend backend() {
        assertThat(Driver.missing()).isEmpty();
        return new CudaBackend(0);
    }

    /// The same with this precision.
    static CudaBackend backend(Precision precision) {
        assertThat(Driver.missing()).isEmpty();
        CudaBackend backend = new CudaBackend(new DeviceOptions(1, 0, precision, Set.of("cublas", "cudnn")));
        assertThat(backend.precision()).isEqualTo(precision);
        return backend;
    }

    static long count(What what) {
        try {
            return (long) function("emulator_count", FunctionDescriptor.of(ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT)).invokeExact(what.ordinal());
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// After `n` more allocations, all are refused; −1: none.
    static void failAllocationAfter(long n) {
        tell("emulator_fail_allocation_after", n);
    }

    /// After `n` more launches, one fails; −1: none.
    static void failLaunchAfter(long n) {
        tell("emulator_fail_launch_after", n);
    }

    /// How much memory the device has.
    static void limit(long bytes) {
        tell("emulator_limit", bytes);
    }

    /// How many devices there are, 8 at most; 0: as the environment says.
    static void devices(long count) {
        tell("emulator_devices", count);
    }

    /// How warps run ahead of each other; 0: in turn.
    static void seed(long seed) {
        tell("emulator_seed", seed);
    }

    /// Ends all faults.
    static void recover() {
        try {
            function("emulator_recover", FunctionDescriptor.ofVoid()).invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// What went wrong, or an empty text.
    static String fault() {
        try {
            MemorySegment text = (MemorySegment) function("emulator_fault",
                    FunctionDescriptor.of(ValueLayout.ADDRESS)).invokeExact();
            return text.reinterpret(1 << 12).getString(0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /// Whether it has a kernel of this name.
    static boolean knows(String kernel) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) function("emulator_knows", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                    .invokeExact(arena.allocateFrom(kernel)) != 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void tell(String name, long value) {
        try {
            function(name, FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG)).invokeExact(value);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(LIBRARY.find(name).orElseThrow(), descriptor);
    }
}
