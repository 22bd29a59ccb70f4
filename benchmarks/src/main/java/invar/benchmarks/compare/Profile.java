package invar.benchmarks.compare;

import invar.benchmarks.work.Workload;
import invar.core.Device;
import invar.core.spi.DeviceOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/// Where the time of a case goes: samples of the JVM's flight recorder, by the innermost method of this project.
///
/// Arguments: the name of a case, the number of threads, and how many seconds to look, after as many of warm-up. The
/// methods of the Vector API are compiled into their callers, and count as them.
public final class Profile {

    private static final String OURS = "invar.";

    private Profile() {}

    /// Prints a line for each method with at least a hundredth of the samples.
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("profile: needs a case (dev/bench.sh --list), threads and seconds, such as "
                    + "ntxent/1024/128 1 10");
            System.exit(2);
        }
        int threads = Integer.parseInt(args[1]), seconds = Integer.parseInt(args[2]);
        Path file = Files.createTempFile("profile", ".jfr");
        try (Device device = Device.open("cpu", new DeviceOptions(threads, 0));
                Workload workload = OurChild.workload(CaseName.of(args[0]), device);
                Recording recording = new Recording()) {
            repeat(workload, seconds);
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(10));
            recording.start();
            long calls = repeat(workload, seconds);
            recording.dump(file);
            print(args[0], threads, seconds, calls, samples(file));
        } finally {
            Files.delete(file);
        }
    }

    private static long repeat(Workload workload, int seconds) {
        long end = System.nanoTime() + seconds * 1_000_000_000L, calls = 0;
        for (; System.nanoTime() < end; calls++) workload.call();
        return calls;
    }

    private static Map<String, Integer> samples(Path file) throws IOException {
        Map<String, Integer> count = new HashMap<>();
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            if (event.getStackTrace() == null) continue;
            String where = event.getStackTrace().getFrames().stream().map(Profile::name)
                    .filter(name -> name.startsWith(OURS)).findFirst().orElse("(outside of the project)");
            count.merge(where, 1, Integer::sum);
        }
        return count;
    }

    private static String name(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    private static void print(String name, int threads, int seconds, long calls, Map<String, Integer> count) {
        int all = count.values().stream().mapToInt(Integer::intValue).sum();
        System.out.printf("%s, %d threads: %d samples in %d calls, %.2f ms each%n", name, threads, all, calls,
                seconds * 1e3 / calls);
        List<String> names = new ArrayList<>(count.keySet());
        names.sort((a, b) -> count.get(b) - count.get(a));
        int rest = 0;
        for (String method : names) {
            if (count.get(method) * 100 < all) rest += count.get(method);
            else System.out.printf("%5.1f %%  %s%n", 100.0 * count.get(method) / all, method);
        }
        if (rest > 0) System.out.printf("%5.1f %%  methods of less than 1 %%%n", 100.0 * rest / all);
    }
}
