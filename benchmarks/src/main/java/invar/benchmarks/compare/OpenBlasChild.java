package invar.benchmarks.compare;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import invar.benchmarks.work.Inputs;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// OpenBLAS's process in the comparison: its `cblas_sgemm`. Arguments: the number of threads, and the library's file.
@SuppressWarnings("restricted")
public final class OpenBlasChild {

    private static final int ROW_MAJOR = 101, AS_IT_IS = 111;         // cblas.h

    private final SymbolLookup library;

    private OpenBlasChild(Path file) {
        library = SymbolLookup.libraryLookup(file, Arena.global());
    }

    /// Serves.
    public static void main(String[] args) throws IOException {
        OpenBlasChild blas = new OpenBlasChild(Path.of(args[1]));
        blas.call("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT), Integer.parseInt(args[0]));
        int threads = (int) blas.call("openblas_get_num_threads", FunctionDescriptor.of(JAVA_INT));
        String who = blas.text("openblas_get_config") + ", kernels for " + blas.text("openblas_get_corename") + ", "
                + threads + " thread" + (threads > 1 ? "s" : "");
        Child.serve(who, name -> {
            CaseName parts = CaseName.of(name);
            if (!parts.what().equals("sgemm")) throw new IllegalArgumentException("no case is called " + name);
            return blas.new Product(parts.size(0));
        });
    }

    private MethodHandle handle(String function, FunctionDescriptor type) {
        return Linker.nativeLinker().downcallHandle(library.find(function).orElseThrow(
                () -> new IllegalArgumentException("this OpenBLAS has no function " + function)), type);
    }

    private Object call(String function, FunctionDescriptor type, Object... arguments) {
        try {
            return handle(function, type).invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(function + " failed", e);
        }
    }

    private String text(String function) {
        MemorySegment text = (MemorySegment) call(function, FunctionDescriptor.of(ADDRESS));
        return text.reinterpret(1000).getString(0).strip();
    }

    /// C = A B, square.
    private final class Product implements Job {

        private final Arena memory = Arena.ofShared();
        private final MethodHandle sgemm = handle("cblas_sgemm", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT,
                JAVA_INT, JAVA_INT, JAVA_INT, JAVA_FLOAT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_FLOAT, ADDRESS,
                JAVA_INT));
        private final int n;
        private final MemorySegment a, b, c;

        Product(int n) {
            this.n = n;
            a = matrix(Inputs.normal(1, n * n));
            b = matrix(Inputs.normal(2, n * n));
            c = matrix(new float[n * n]);
        }

        private MemorySegment matrix(float[] values) {
            MemorySegment matrix = memory.allocate(4L * values.length, 64);
            return matrix.copyFrom(MemorySegment.ofArray(values));
        }

        @Override
        public float[] sample() {
            call();
            return CaseName.spread(c.toArray(JAVA_FLOAT));
        }

        @Override
        public void call() {
            try {
                sgemm.invokeExact(ROW_MAJOR, AS_IT_IS, AS_IT_IS, n, n, n, 1f, a, n, b, n, 0f, c, n);
            } catch (Throwable e) {
                throw new IllegalStateException("cblas_sgemm failed", e);
            }
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
