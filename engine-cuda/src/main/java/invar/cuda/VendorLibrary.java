package invar.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jcuda.JCudaVersion;
import jcuda.LibUtils;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;

/// A library of NVIDIA's that is used where it is installed, through JCuda: cuBLAS and cuDNN.
///
/// The newest version that the driver can serve is taken, wherever [LibraryFolders] says that it may be. Before JCuda
/// is touched, everything is looked at that would end the process later: whether the parts that the library itself
/// loads are there and can be loaded, and whether it has every function that is going to be called. JCuda's own native
/// library is then bound to this version ([ElfRebind]). This happens once in a process, when the library is first
/// asked for.
///
/// The system property [#FOLDERS] names other folders to search, separated by colons, in place of all others. Where
/// [Driver#LIBRARY] names a driver, only those are searched: a stand-in for the driver does not serve a real cuBLAS.
@SuppressWarnings("restricted")
enum VendorLibrary {

    /// Matrix products.
    CUBLAS("cuBLAS", "libcublas.so.", new int[] {13, 12}, 12, "JCublas2", "/lib/libJCublas2-12.6.0-linux-x86_64.so") {
        @Override
        List<String> parts(int major) {
            return List.of("libcublasLt.so." + major);
        }

        @Override
        List<String> functions() {
            return Cublas.FUNCTIONS;
        }

        @Override
        String version(SymbolLookup library) throws Throwable {
            try (Arena arena = Arena.ofConfined()) {
                var ask = Linker.nativeLinker().downcallHandle(library.find("cublasGetProperty").orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
                MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
                StringBuilder version = new StringBuilder();
                for (int part = 0; part < 3; part++) {
                    int status = (int) ask.invokeExact(part, value);
                    if (status != 0) throw new IllegalStateException("cublasGetProperty returns " + status);
                    version.append(part == 0 ? "" : ".").append(value.get(ValueLayout.JAVA_INT, 0));
                }
                return version.toString();
            }
        }

        @Override
        void bind() {
            JCublas2.setExceptionsEnabled(false);
        }
    },

    /// Convolutions.
    CUDNN("cuDNN", "libcudnn.so.", new int[] {9, 8}, 8, "JCudnn", "/lib/libJCudnn-11.7.0-linux-x86_64.so") {
        @Override
        List<String> parts(int major) {
            List<String> names = major == 8 ? List.of("ops_infer", "ops_train", "cnn_infer", "cnn_train")
                    : List.of("graph", "engines_runtime_compiled", "engines_precompiled", "heuristic", "ops", "cnn");
            return names.stream().map(name -> "libcudnn_" + name + ".so." + major).toList();
        }

        @Override
        List<String> functions() {
            return Cudnn.FUNCTIONS;
        }

        @Override
        String version(SymbolLookup library) throws Throwable {
            long version = number(library, "cudnnGetVersion");
            long thousands = version < 10_000 ? 1000 : 10_000;                  // 8907 is 8.9.7, and 90501 is 9.5.1
            return version / thousands + "." + version % thousands / 100 + "." + version % 100;
        }

        /// One for another CUDA asks for that one's cuBLAS by name, and ends the process where it is not there.
        @Override
        String conflict(SymbolLookup library) throws Throwable {
            long cuda = number(library, "cudnnGetCudartVersion") / 1000;
            return cuda == CUBLAS.major() ? null
                    : "is for CUDA " + cuda + ", and the cuBLAS that was found for CUDA " + CUBLAS.major();
        }

        private static long number(SymbolLookup library, String function) throws Throwable {
            return (long) Linker.nativeLinker().downcallHandle(library.find(function).orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG)).invokeExact();
        }

        @Override
        void bind() {
            JCudnn.setExceptionsEnabled(false);
        }
    };

    /// The system property with the folders to search.
    static final String FOLDERS = "invar.cuda.libraries";

    /// What came of looking.
    private record Finding(Path file, String version, String missing) {}

    private final String title, file, binding, resource;
    private final int[] majors;
    private final int linked;
    private Finding finding;
    private int loading, loaded;                                 // the major version of the files; 0: none yet

    VendorLibrary(String title, String file, int[] majors, int linked, String binding, String resource) {
        this.title = title;
        this.file = file;
        this.majors = majors;
        this.linked = linked;
        this.binding = binding;
        this.resource = resource;
    }

    /// Files that the library loads by itself, in the order in which they can be loaded. Without one of them cuDNN ends
    /// the process.
    abstract List<String> parts(int major);

    /// All functions of the library that are called, as C names them.
    abstract List<String> functions();

    /// The version that the library says it has.
    abstract String version(SymbolLookup library) throws Throwable;

    /// Why it cannot be used beside what is in this process already: the rest of a sentence that its file begins; or
    /// null.
    String conflict(SymbolLookup library) throws Throwable {
        return null;
    }

    /// Uses JCuda's class for the first time.
    abstract void bind();

    /// `cuBLAS`, `cuDNN`.
    String title() {
        return title;
    }

    /// Why it cannot be used in this process, in one sentence; empty if it can.
    Optional<String> missing() {
        return Optional.ofNullable(look().missing);
    }

    /// For example `cuBLAS 13.1.0`. Only where it is not missing.
    String version() {
        return title + " " + look().version;
    }

    /// For example `cuBLAS 13.1.0, /usr/local/cuda/lib64/libcublas.so.13`, or `no cuBLAS: …`.
    String describe() {
        Finding f = look();
        return f.missing == null ? version() + ", " + f.file : "no " + title + ": " + f.missing;
    }

    private synchronized Finding look() {
        if (finding == null) finding = search();
        return finding;
    }

    /// The CUDA version of what is in this process, though it may be too old to be used; 0: it is not.
    private synchronized int major() {
        look();
        return loaded;
    }

    private Finding search() {
        String listed = System.getProperty(FOLDERS);
        boolean standIn = System.getProperty(Driver.LIBRARY) != null;
        if (listed == null && standIn) return missing("-D" + FOLDERS + " does not say where it is");
        List<Path> folders = listed != null ? LibraryFolders.listed(listed)
                : LibraryFolders.all(System::getenv, Path.of("/"));
        String why = null;
        for (int major : majors) {
            for (Path folder : folders) {
                Path path = folder.resolve(file + major);
                if (!Files.isRegularFile(path)) continue;
                Finding tried = this == CUBLAS && major > Driver.major()
                        ? missing(path + " needs a driver for CUDA " + major) : open(path, major);
                if (tried.missing == null) return tried;
                if (why == null) why = tried.missing;
                if (loading == major) break;           // of two files of one name, the loader goes on with the first
            }
        }
        return missing(why != null ? why : "there is no " + file + majors[0] + " or " + file + majors[1]
                + (listed != null ? " in " + listed : " where it is usually installed"));
    }

    private static Finding missing(String why) {
        return new Finding(null, null, why);
    }

    /// Loads it and its parts, and binds JCuda to it.
    private Finding open(Path path, int major) {
        for (String part : parts(major)) {
            if (!Files.isRegularFile(path.resolveSibling(part))) {
                return missing(path + " is not complete: " + part + " is not beside it");
            }
        }
        if (this == CUDNN && CUBLAS.major() == 0) {                // parts of it need cuBLAS, or end the process
            return missing(path + " needs cuBLAS, which is not found");
        }
        try {
            for (String part : parts(major)) load(path.resolveSibling(part), major);
            load(path, major);
            loaded = major;
            SymbolLookup library = SymbolLookup.libraryLookup(path, Arena.global());
            for (String function : functions()) {
                if (library.find(function).isEmpty()) return missing(path + " is too old: it has no " + function);
            }
            String conflict = conflict(library);
            if (conflict != null) return missing(path + " " + conflict);
            String version = version(library);
            String name = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName(
                    binding + "-" + JCudaVersion.get()));
            Natives.load(Map.of(name, bound(major)), this::bind);
            return new Finding(path, version, null);
        } catch (ElfRebind.Refusal e) {
            return missing("JCuda cannot be bound to " + path + ": " + e.getMessage());
        } catch (Throwable e) {
            Throwable cause = e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e;
            String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
            return missing(path + " cannot be loaded: " + reason.lines().findFirst().orElse(""));
        }
    }

    /// Loads a file.
    ///
    /// @throws UnsatisfiedLinkError with its name, once, and what the system's loader says
    private void load(Path file, int major) throws IOException {
        if (ElfSize.isCutOff(file)) throw new UnsatisfiedLinkError(file.getFileName() + " is cut off");
        try {
            System.load(file.toString());
            loading = major;
        } catch (UnsatisfiedLinkError e) {
            String why = e.getMessage().replace(file + ": ", "").replace(file.toRealPath() + ": ", "");
            throw new UnsatisfiedLinkError(file.getFileName() + ": " + why);
        }
    }

    /// JCuda's native library, as it is or with the name of this version.
    private byte[] bound(int major) throws IOException, ElfRebind.Refusal {
        try (InputStream stream = JCudaVersion.class.getResourceAsStream(resource)) {
            if (stream == null) throw new IOException("the class path has no " + resource);
            byte[] native64 = stream.readAllBytes();
            return major == linked ? native64 : ElfRebind.rebind(native64, file + linked, file + major);
        }
    }
}
