package invar.launch;

/// What `java -jar benchmarks.jar` starts, whatever `java` is: [Launcher], with JMH as the program.
public final class BenchmarksLauncher {

    private BenchmarksLauncher() {}

    /// Launches.
    public static void main(String[] args) throws Throwable {
        Launcher.launch(BenchmarksLauncher.class.getName(), "invar.benchmarks.Main", args);
    }
}
