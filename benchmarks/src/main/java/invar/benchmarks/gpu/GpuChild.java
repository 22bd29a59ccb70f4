package invar.benchmarks.gpu;

import invar.benchmarks.compare.CaseName;
import invar.benchmarks.compare.Spread;
import invar.benchmarks.work.SimClrStepWork;
import invar.core.Device;
import invar.core.spi.BackendProvider;
import invar.core.spi.Precision;
import invar.nn.io.Weights;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// Our process in the comparison on a GPU: reads a request a line, and answers each by a line.
/// ```
/// prepare CASE FORM PRECISION             makes it ready, checks it      ok PRECISION v v … ; v v …
/// round CASE FORM PRECISION WARM CALLS    times so many calls            ok SECONDS SECONDS …
/// memory CASE FORM PRECISION              the most memory it had         ok BYTES  |  ok
/// release CASE FORM PRECISION             forgets it                     ok
/// reference CASE                          its result in float64          ok v v … ; v v …
/// export CASE FILE                        writes what it begins with     ok
/// ceiling WHAT PRECISION SIZE             copy, gemm or exp              ok PER-SECOND
/// ```
/// or `fail REASON`. The precision that is answered is the one in effect: a device that cannot multiply as roughly as
/// it may is more precise. Values are samples of the results ([CaseName#spread]), with `;` between results. The first
/// line says who is there: `here WHO`. Our process has no `reference` and no `ceiling exp`.
///
/// Arguments: the device, e.g. `cuda`.
public final class GpuChild {

    private static final int WARM = 3, CALLS = 20;               // of a ceiling

    private final String device;
    private final Map<String, GpuJob> jobs = new HashMap<>();

    private GpuChild(String device) {
        this.device = device;
    }

    /// Serves until the input ends.
    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err);                            // whatever a library prints is no answer
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        GpuChild child = new GpuChild(args[0]);
        List<String> libraries;
        try (Device opened = Device.open(args[0])) {
            libraries = opened.libraries();
        } catch (IllegalArgumentException e) {
            answers.println("absent " + e.getMessage());
            return;
        }
        answers.println("here Invar, Java " + Runtime.version() + ", " + child.describe()
                + (libraries.isEmpty() ? "" : "; with " + String.join(", ", libraries)));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(child.answer(line.split(" ")));
            answers.flush();
        }
        for (GpuJob job : child.jobs.values()) job.close();
    }

    private String describe() {
        String kind = device.split(":")[0];
        return device + ": " + Device.providers().stream().filter(provider -> provider.name().equals(kind)).findFirst()
                .map(BackendProvider::describe).orElse("");
    }

    private String answer(String[] request) {
        try {
            return switch (request[0]) {
                case "prepare" -> "ok " + prepare(request);
                case "round" -> "ok " + joined(job(request).round(Integer.parseInt(request[4]),
                        Integer.parseInt(request[5])));
                case "memory" -> {
                    OptionalLong bytes = job(request).memory();
                    yield bytes.isPresent() ? "ok " + bytes.getAsLong() : "ok";
                }
                case "release" -> {
                    GpuJob job = jobs.remove(key(request));
                    if (job != null) job.close();
                    yield "ok";
                }
                case "export" -> {
                    export(CaseName.of(request[1]), Path.of(request[2]));
                    yield "ok";
                }
                case "ceiling" -> "ok " + ceiling(request[1], precision(request[2]), request[3]);
                default -> throw new IllegalArgumentException("no request is called " + request[0]);
            };
        } catch (Throwable e) {                               // an Error too must not end the run
            e.printStackTrace();
            String reason = e instanceof OutOfMemoryError ? "out of memory: " + e.getMessage()
                    : e instanceof IllegalStateException ? e.getMessage() : e.toString();
            return "fail " + reason.replaceAll("\\s+", " ");
        }
    }

    private static String key(String[] request) {
        return request[1] + " " + request[2] + " " + request[3];
    }

    private GpuJob job(String[] request) {
        GpuJob job = jobs.get(key(request));
        if (job == null) {
            throw new IllegalStateException(key(request) + " is not prepared, or was lost when the process ended");
        }
        return job;
    }

    private static Precision precision(String text) {
        return Precision.valueOf(text.toUpperCase(Locale.ROOT));
    }

    private String prepare(String[] request) {
        GpuJob job = new GpuJob(CaseName.of(request[1]), request[2], precision(request[3]), device);
        boolean ready = false;
        try {
            List<float[]> sample = job.sample();
            jobs.put(key(request), job);
            ready = true;
            return job.precision() + " " + sample.stream().map(GpuChild::joined).collect(Collectors.joining(" ; "));
        } finally {
            if (!ready) job.close();                          // what failed takes no memory from the next
        }
    }

    private void export(CaseName name, Path file) throws IOException {
        try (GpuJob job = new GpuJob(name, GpuCases.FUSED, Precision.FP32, device)) {
            if (!(job.workload() instanceof SimClrStepWork step)) {
                throw new IllegalArgumentException(name.what() + " begins with nothing but its seeds");
            }
            Weights.save(file, step.parameters(), Map.of());
        }
    }

    /// Of our own kernels, or of the libraries that we call.
    private double ceiling(String what, Precision precision, String size) {
        double amount;
        String name;
        long n = Long.parseLong(size);
        switch (what) {
            case "copy" -> {
                name = "copy/" + n / Float.BYTES;
                amount = 2.0 * n;
            }
            case "gemm" -> {
                name = "sgemm/" + n;
                amount = 2.0 * n * n * n;
            }
            default -> throw new IllegalArgumentException("no ceiling is called " + what);
        }
        try (GpuJob job = new GpuJob(CaseName.of(name), GpuCases.FUSED, precision, device)) {
            job.sample();
            double[] seconds = job.round(WARM, CALLS);
            return amount / Spread.of(seconds).median();
        }
    }

    private static String joined(float[] values) {
        StringBuilder text = new StringBuilder();
        for (float value : values) text.append(text.isEmpty() ? "" : " ").append(value);
        return text.toString();
    }

    private static String joined(double[] values) {
        StringBuilder text = new StringBuilder();
        for (double value : values) text.append(text.isEmpty() ? "" : " ").append(value);
        return text.toString();
    }
}
