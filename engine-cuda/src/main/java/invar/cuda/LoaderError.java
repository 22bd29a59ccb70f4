package invar.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Why the system's loader does not take a library, in its own words, which Java does not pass on.
final class LoaderError {

    private static final int RTLD_LAZY = 1;

    private LoaderError() {}

    /// Empty if the loader takes the library now, or cannot be asked.
    @SuppressWarnings("restricted")
    static Optional<String> of(String library) {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> open = linker.defaultLookup().find("dlopen");
        Optional<MemorySegment> error = linker.defaultLookup().find("dlerror");
        if (open.isEmpty() || error.isEmpty()) return Optional.empty();
        MethodHandle dlopen = linker.downcallHandle(open.get(),
                FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        MethodHandle dlerror = linker.downcallHandle(error.get(), FunctionDescriptor.of(ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = (MemorySegment) dlopen.invokeExact(arena.allocateFrom(library), RTLD_LAZY);
            if (!handle.equals(MemorySegment.NULL)) return Optional.empty();
            MemorySegment text = (MemorySegment) dlerror.invokeExact();
            if (text.equals(MemorySegment.NULL)) return Optional.empty();
            return Optional.of(text.reinterpret(Long.MAX_VALUE).getString(0));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
