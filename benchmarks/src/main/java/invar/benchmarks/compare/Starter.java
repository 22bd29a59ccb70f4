package invar.benchmarks.compare;

import java.io.IOException;
import java.util.List;

/// Starts the processes of a run with one number of threads.
interface Starter {

    /// Says that a library is not installed, and how to get it.
    final class Absent extends Exception {

        private static final long serialVersionUID = 1;

        Absent(String why) {
            super(why);
        }
    }

    /// The processes of one kind.
    ///
    /// @throws IOException if one that is installed does not start
    List<Library> start(Libraries kind) throws IOException, Absent;

    /// Another process of this project, with a small heap, which the caller closes.
    Library small(int megabytes) throws IOException;
}
