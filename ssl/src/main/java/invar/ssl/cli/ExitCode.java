package invar.ssl.cli;

/// What the process tells its caller when it ends.
final class ExitCode {

    static final int OK = 0;
    /// It failed while it was running.
    static final int FAILED = 1;
    /// Wrong usage or wrong input: the same command will fail again.
    static final int USAGE = 2;
    /// It was interrupted: 128 + the number of SIGINT, as shells count.
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
