package invar.benchmarks.compare;

import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/// The process of one library: reads a request a line, and answers each by a line.
/// ```
/// prepare CASE SECONDS   checks the result and calls for so long,      ok v v v …  |  fail REASON
///                        or not at all if that is 0
/// round CASE SECONDS     calls for about so long                       ok SECONDS-PER-CALL BYTES-PER-CALL CALLS
/// release CASE           forgets it                                    ok
/// peak                   the largest memory the process ever had       ok BYTES  |  ok, if the system does not tell
/// ```
/// Bytes are those allocated on the Java heap, by all threads. The first line says who is there.
public final class Child {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Function<String, Job> jobs;
    private final Map<String, Job> prepared = new HashMap<>();
    private final Map<String, Double> secondsPerCall = new HashMap<>();

    private Child(Function<String, Job> jobs) {
        this.jobs = jobs;
    }

    /// Serves until the input ends.
    ///
    /// @param who  the library and what tells its version and settings
    /// @param jobs makes a case by its name
    public static void serve(String who, Function<String, Job> jobs) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err);                            // whatever a library prints is no answer
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Child child = new Child(jobs);
        answers.println("here " + who);
        answers.flush();
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(child.answer(line.split(" ")));
            answers.flush();
        }
        for (Job job : child.prepared.values()) job.close();
    }

    private String answer(String[] request) {
        try {
            return switch (request[0]) {
                case "prepare" -> "ok" + prepare(request[1], Double.parseDouble(request[2]));
                case "round" -> "ok " + round(request[1], Double.parseDouble(request[2]));
                case "release" -> {
                    prepared.remove(request[1]).close();
                    yield "ok";
                }
                case "peak" -> {
                    OptionalLong peak = peak(Path.of("/proc/self/status"));
                    yield peak.isPresent() ? "ok " + peak.getAsLong() : "ok";
                }
                default -> throw new IllegalArgumentException("no request is called " + request[0]);
            };
        } catch (Throwable e) {                               // a library may throw whatever it likes
            e.printStackTrace();
            return "fail " + e.toString().replaceAll("\\s+", " ");
        }
    }

    private String prepare(String name, double seconds) {
        Job job = jobs.apply(name);
        boolean ready = false;
        try {
            StringBuilder values = new StringBuilder();
            for (float value : job.sample()) values.append(' ').append(value);
            secondsPerCall.put(name, warmUp(job, seconds));
            prepared.put(name, job);
            ready = true;
            return values.toString();
        } finally {
            if (!ready) job.close();                          // what failed takes no memory from the next
        }
    }

    private static double warmUp(Job job, double seconds) {
        double perCall = seconds > 0 ? time(job, 1) : Double.MAX_VALUE;
        for (double spent = perCall; spent < seconds; ) {
            int calls = calls(job, perCall, seconds / 8);
            perCall = time(job, calls);
            spent += calls * perCall;
        }
        return perCall;
    }

    private String round(String name, double seconds) {
        Job job = prepared.get(name);
        int calls = calls(job, secondsPerCall.get(name), seconds);
        job.before(calls);
        long bytes = THREADS.getTotalThreadAllocatedBytes(), start = System.nanoTime();
        for (int i = 0; i < calls; i++) job.call();
        double perCall = (System.nanoTime() - start) * 1e-9 / calls;
        bytes = THREADS.getTotalThreadAllocatedBytes() - bytes;
        secondsPerCall.put(name, perCall);
        return perCall + " " + bytes / calls + " " + calls;
    }

    private static int calls(Job job, double perCall, double seconds) {
        return Math.clamp(Math.round(seconds / perCall), 1, job.mostCalls());
    }

    private static double time(Job job, int calls) {
        job.before(calls);
        long start = System.nanoTime();
        for (int i = 0; i < calls; i++) job.call();
        return Math.max(1, System.nanoTime() - start) * 1e-9 / calls;
    }

    /// The high-water mark of a process's resident memory, in bytes, from its status file; empty where the system does
    /// not tell, which must not be taken for no memory at all.
    static OptionalLong peak(Path status) {
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.matches("VmHWM:\\s*[1-9][0-9]* kB")) {
                    return OptionalLong.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024);
                }
            }
            return OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }
}
