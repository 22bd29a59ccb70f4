package invar.benchmarks.compare;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/// The processors that the threads of a ceiling are bound to, one for each.
///
/// Left to itself, the system lets two threads share one processor for a while though another has nothing to do; then
/// a ceiling of two threads is half of what the machine can do. Linux only: elsewhere threads stay unbound.
final class Processors {

    private static final int MOST = 1024;                     // processors in the C library's cpu_set_t

    private Processors() {}

    /// Chooses among those this process may use, of each core one before the second of any.
    ///
    /// @return one for each thread, or nothing if there are fewer processors than threads or the system does not tell
    static List<Integer> of(int threads) {
        return choose(threads, list(allowed(Path.of("/proc/self/status"))), Processors::firstOfCore);
    }

    /// The choice itself.
    ///
    /// @param firstOfCore the first processor of the core that a processor belongs to
    static List<Integer> choose(int threads, List<Integer> allowed, IntUnaryOperator firstOfCore) {
        List<Integer> chosen = new ArrayList<>();
        for (int p : allowed) if (firstOfCore.applyAsInt(p) == p) chosen.add(p);
        for (int p : allowed) if (firstOfCore.applyAsInt(p) != p) chosen.add(p);
        return threads <= chosen.size() ? List.copyOf(chosen.subList(0, threads)) : List.of();
    }

    /// The numbers of a list as Linux writes it: `0-3,8` is 0, 1, 2, 3, 8.
    static List<Integer> list(String text) {
        List<Integer> numbers = new ArrayList<>();
        if (text.isBlank()) return numbers;
        for (String range : text.strip().split(",")) {
            String[] ends = range.split("-");
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int p = Integer.parseInt(ends[0]); p <= last; p++) numbers.add(p);
        }
        return numbers;
    }

    /// What a status file says of the processors that a process or a thread may use; empty if it says nothing.
    static String allowed(Path status) {
        String key = "Cpus_allowed_list:";
        return read(status).stream().filter(line -> line.startsWith(key)).findFirst()
                .map(line -> line.substring(key.length()).strip()).orElse("");
    }

    private static int firstOfCore(int processor) {
        Path siblings = Path.of("/sys/devices/system/cpu/cpu" + processor + "/topology/thread_siblings_list");
        List<String> lines = read(siblings);
        return lines.isEmpty() || lines.getFirst().isBlank() ? processor : list(lines.getFirst()).getFirst();
    }

    private static List<String> read(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of();                                 // the system may hide these; then nothing is bound
        }
    }

    /// Binds the calling thread to one processor.
    ///
    /// @throws IllegalStateException if the system refuses
    @SuppressWarnings("restricted")
    static void bind(int processor) {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor type = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
        MethodHandle setAffinity = linker.downcallHandle(linker.defaultLookup().findOrThrow("sched_setaffinity"), type);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(MOST / 8, 8);  // an array of unsigned long, bit p for processor p
            mask.setAtIndex(JAVA_LONG.withOrder(ByteOrder.nativeOrder()), processor / 64, 1L << processor % 64);
            int result = (int) setAffinity.invokeExact(0, (long) MOST / 8, mask);
            if (result != 0) throw new IllegalStateException("a thread cannot be bound to processor " + processor);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("sched_setaffinity failed", e);
        }
    }
}
