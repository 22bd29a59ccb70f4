package invar.cuda;

import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;
import static jcuda.driver.JCudaDriver.cuModuleUnload;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;

/// The entry points of the module `kernels`, by name. Each file's PTX is compiled by the driver when the first of its
/// kernels is asked for, and kept by the driver on disk for the next time.
final class Kernels implements AutoCloseable {

    private static final String FOLDER = "/invar/kernels/";

    private final Gpu gpu;
    private final Map<String, String> fileOf = new HashMap<>();
    private final Map<String, CUmodule> modules = new HashMap<>();
    private final Map<String, CUfunction> functions = new HashMap<>();
    private final Launch launch;

    /// Reads which file has which kernel.
    ///
    /// @throws IllegalStateException if the kernels are missing from this build
    Kernels(Gpu gpu) {
        this.gpu = gpu;
        for (String line : new String(resource("index.txt"), StandardCharsets.UTF_8).split("\n")) {
            String[] parts = line.strip().split("\\s+");                   // kernel file
            if (parts.length == 2) fileOf.put(parts[0], parts[1]);
        }
        this.launch = new Launch(gpu);
    }

    /// The one launch of this device, ready for the arguments of the kernel `name`.
    Launch launch(String name) {
        CUfunction function = functions.get(name);
        if (function == null) {
            function = find(name);
            functions.put(name, function);
        }
        return launch.of(name, function);
    }

    private CUfunction find(String name) {
        String file = fileOf.get(name);
        if (file == null) throw new IllegalStateException("no kernel file has an entry point " + name);
        CUmodule module = modules.get(file);
        if (module == null) {
            module = load(file);
            modules.put(file, module);
        }
        CUfunction function = new CUfunction();
        Driver.check(cuModuleGetFunction(function, module, name), "cuModuleGetFunction for " + name);
        return function;
    }

    /// Loads the PTX of a file now.
    ///
    /// @throws IllegalArgumentException if the driver does not take it
    private static CUmodule load(String file) {
        byte[] text = resource(file + ".ptx");
        CUmodule module = new CUmodule();
        int status = cuModuleLoadData(module, Arrays.copyOf(text, text.length + 1));      // ends with a zero
        if (status != 0) {
            throw new IllegalArgumentException("the driver does not take the kernels in " + file + ".ptx: "
                    + Driver.name(status) + "; the program's file may be damaged");
        }
        return module;
    }

    private static byte[] resource(String name) {
        try (InputStream in = Kernels.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) throw new IllegalStateException("this build has no kernels: " + name + " is missing");
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        List<CUmodule> all = new ArrayList<>(modules.values());
        modules.clear();
        functions.clear();
        for (CUmodule module : all) cuModuleUnload(module);
    }
}
