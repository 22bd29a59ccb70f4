package invar.cuda;

import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import invar.core.spi.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;

/// The entry points of the module `kernels`, by name. Their PTX is compiled by the driver when a device is opened,
/// which takes seconds the first time; the driver keeps the result on disk for the next. Files whose names end with a
/// precision, such as `gemm_tf32`, are for that one, and not loaded for others.
final class Kernels implements AutoCloseable {

    /// Where the resources of the engine's kernels are.
    static final String FOLDER = "/invar/kernels/";

    private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+(\\w+)");

    private final String folder;
    private final Map<String, CUmodule> modules = new TreeMap<>();
    private final Map<String, CUmodule> moduleOf = new HashMap<>();
    private final Map<String, CUfunction> functions = new HashMap<>();
    private final Launch launch;

    /// Loads all files that a device needs which multiplies with this precision.
    ///
    /// @throws IllegalArgumentException if kernels are missing from this build, or the driver does not take one of them
    Kernels(Gpu gpu, String folder, Precision precision) {
        this.folder = folder;
        this.launch = new Launch(gpu);
        try {
            Map<String, Set<String>> entries = new HashMap<>();
            for (String line : new String(resource("index.txt"), StandardCharsets.UTF_8).split("\n")) {
                String[] parts = line.strip().split("\\s+");                 // kernel file
                if (parts.length != 2) throw unusable("index.txt is not a list of kernels and their files");
                if (isForAnother(parts[1], precision)) continue;
                if (!modules.containsKey(parts[1])) modules.put(parts[1], load(parts[1], entries));
                if (!entries.get(parts[1]).contains(parts[0])) {
                    throw unusable(parts[1] + ".ptx has no entry point " + parts[0]);
                }
                moduleOf.put(parts[0], modules.get(parts[1]));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static boolean isForAnother(String file, Precision precision) {
        for (Precision other : Precision.values()) {
            if (other != precision && file.endsWith("_" + other)) return true;
        }
        return false;
    }

    /// The one launch of this device, ready for the arguments of the kernel `name`.
    Launch launch(String name) {
        CUfunction function = functions.get(name);
        if (function == null) {
            CUmodule module = moduleOf.get(name);
            if (module == null) throw new IllegalStateException("no kernel file has an entry point " + name);
            function = new CUfunction();
            Driver.check(cuModuleGetFunction(function, module, name), "cuModuleGetFunction for " + name);
            functions.put(name, function);
        }
        return launch.of(name, function);
    }

    /// @param entries where the entry points that the file has are noted
    private CUmodule load(String file, Map<String, Set<String>> entries) {
        byte[] text = resource(file + ".ptx");
        entries.put(file, ENTRY.matcher(new String(text, StandardCharsets.UTF_8)).results().map(found -> found.group(1))
                .collect(Collectors.toUnmodifiableSet()));
        CUmodule module = new CUmodule();
        int status = cuModuleLoadData(module, Arrays.copyOf(text, text.length + 1));      // ends with a zero
        String usual = switch (status) {
            case CUresult.CUDA_ERROR_INVALID_PTX, CUresult.CUDA_ERROR_INVALID_IMAGE,
                    CUresult.CUDA_ERROR_INVALID_SOURCE -> "the program's file may be damaged";
            case CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION -> "a newer driver is needed";
            case CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU -> "they are not for this device";
            default -> null;
        };
        if (usual != null) {
            throw new IllegalArgumentException("the driver does not take the kernels in " + file + ".ptx: "
                    + Driver.name(status) + "; " + usual);
        }
        Driver.check(status, "cuModuleLoadData for " + file + ".ptx");
        return module;
    }

    private static IllegalArgumentException unusable(String why) {
        return new IllegalArgumentException("the program's file is damaged, or was built without its kernels: " + why);
    }

    private byte[] resource(String name) {
        try (InputStream in = Kernels.class.getResourceAsStream(folder + name)) {
            if (in == null) throw unusable(name + " is missing");
            return in.readAllBytes();
        } catch (IOException e) {
            throw unusable(name + " cannot be read: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        for (CUmodule module : modules.values()) cuModuleUnload(module);
        modules.clear();
        functions.clear();
    }
}
