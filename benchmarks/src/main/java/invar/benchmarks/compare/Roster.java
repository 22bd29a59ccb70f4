package invar.benchmarks.compare;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The processes of a run with one number of threads: each is started when it is first asked for, and again after it
/// ended.
final class Roster implements AutoCloseable {

    private final int threads;
    private final Starter starter;
    private final Map<Libraries, List<Library>> libraries = new EnumMap<>(Libraries.class);
    private final Map<Libraries, String> absent = new EnumMap<>(Libraries.class);
    private final Map<Libraries, String> broken = new EnumMap<>(Libraries.class);

    /// Nobody yet.
    Roster(int threads, Starter starter) {
        this.threads = threads;
        this.starter = starter;
    }

    /// How many threads each of them has.
    int threads() {
        return threads;
    }

    /// The processes of one kind; none if it is not installed.
    ///
    /// @throws IllegalStateException if it is installed and does not start; it is not tried again
    List<Library> of(Libraries kind) {
        List<Library> known = libraries.get(kind);
        if (known != null && known.stream().allMatch(Library::alive)) return known;
        if (known != null) known.forEach(Library::close);
        libraries.remove(kind);
        if (broken.containsKey(kind)) throw new IllegalStateException(broken.get(kind));
        try {
            libraries.put(kind, starter.start(kind));
        } catch (Starter.Absent e) {
            System.out.println("Not taking part: " + kind.title() + ": " + e.getMessage() + ".");
            absent.put(kind, e.getMessage());
            libraries.put(kind, List.of());
        } catch (IOException e) {
            broken.put(kind, e.getMessage());
            throw new IllegalStateException(e.getMessage(), e);
        }
        return libraries.get(kind);
    }

    /// Why somebody is not there whom [#of] did not find.
    String whyAbsent(Libraries kind) {
        return absent.get(kind);
    }

    /// Our process.
    Library ours() {
        return of(Libraries.INVAR).getFirst();
    }

    /// Another process of ours, with a small heap, which the caller closes.
    ///
    /// @throws IllegalStateException if it does not start
    Library small(int megabytes) {
        try {
            return starter.small(megabytes);
        } catch (IOException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        libraries.values().forEach(kind -> kind.forEach(Library::close));
    }
}
