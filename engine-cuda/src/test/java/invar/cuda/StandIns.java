package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.spi.DeviceOptions;
import invar.core.spi.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Set;

/// The stand-ins for cuBLAS and cuDNN (src/test/cpp): which there are, what they count, and faults to inject.
@SuppressWarnings("restricted")
final class StandIns {

    private StandIns() {}

    /// The folder of a set: `modern`, `older`, `too-old`, `incomplete`.
    static Path folder(String set) {
        return Path.of(System.getProperty(Driver.LIBRARY)).resolveSibling("libraries").resolve(set);
    }

    /// The backend with the modern set.
    static CudaBackend backend(Precision precision, String... without) {
        assertThat(Driver.missing()).isEmpty();
        System.setProperty(VendorLibrary.FOLDERS, folder("modern").toString());
        return new CudaBackend(new DeviceOptions(1, 0, precision, Set.of(without)));
    }

    /// How many matrix products cuBLAS was asked for, ever.
    static long products() {
        return count("libcublas.so.13", "standin_products");
    }

    /// How many convolutions and gradients cuDNN was asked for, ever.
    static long convolutions() {
        return count("libcudnn.so.9", "standin_convolutions");
    }

    /// How many descriptors of cuDNN there are.
    static long described() {
        return count("libcudnn.so.9", "standin_described");
    }

    /// How many bytes cuDNN's algorithms want.
    static void workspace(long bytes) {
        tell("libcudnn.so.9", "standin_workspace", bytes);
    }

    /// What every product returns; 0: it is computed.
    static void refuseProducts(int status) {
        tell("libcublas.so.13", "standin_refuse_products", status);
    }

    /// What every convolution returns; 0: it is computed.
    static void refuseConvolutions(int status) {
        tell("libcudnn.so.9", "standin_refuse_convolutions", status);
    }

    private static long count(String library, String name) {
        try {
            return (long) Linker.nativeLinker().downcallHandle(lookup(library).find(name).orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG)).invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void tell(String library, String name, long value) {
        try {
            Linker.nativeLinker().downcallHandle(lookup(library).find(name).orElseThrow(),
                    FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG)).invokeExact(value);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static SymbolLookup lookup(String library) {
        return SymbolLookup.libraryLookup(folder("modern").resolve(library), Arena.global());
    }
}
