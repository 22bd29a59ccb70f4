package invar.launch;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What `java -jar ssl.jar` starts, whatever `java` is.
///
/// The program needs Java 25 and the module jdk.incubator.vector, which a manifest cannot ask for. So this class is
/// compiled for an older Java; it finds a Java that suits and starts the program there, with the same arguments,
/// input, output, signals and exit code. If this Java is the one and has the module, the program runs right here.
///
/// Start-up time counts: this package uses no library, lambda, stream or regular expression.
///
/// - Flags given to this JVM (`java -Xmx8g -jar ssl.jar`) hold for the other one too. So do those in the environment
///   variable `SSL_JAVA_OPTS`, which come later and win.
/// - The JVM's line "WARNING: Using incubator modules" cannot be turned off: the JDK prints it before any code of
///   ours runs, and offers no flag.
public final class Launcher {

    /// Set in the JVM that this class starts, to the process it was started by.
    static final String PARENT = "invar.launch.parent";

    /// Set in that JVM if its arguments are damaged, see [CommandLine#undamaged].
    static final String DAMAGED = "invar.launch.damaged";

    private static final int CANNOT_START = 2;

    private Launcher() {}

    /// Runs the command line of `ssl`.
    public static void main(String[] args) throws Throwable {
        launch(Launcher.class.getName(), "invar.ssl.cli.Ssl", args);
    }

    /// Runs `program`, here or in another JVM whose main class is `launcher`, which must do nothing but call this.
    static void launch(String launcher, String program, String[] args) throws Throwable {
        if (JavaHome.feature(System.getProperty("java.version")) >= JavaHome.NEEDED && vectorIsResolved()) {
            String parent = System.getProperty(PARENT);
            run(program, System.getProperty(DAMAGED) == null ? args : CommandLine.undamaged(parent, args));
        } else if (System.getProperty(PARENT) != null) {
            fail("the Java in " + System.getProperty("java.home") + " does not have what its release file promises.");
        } else {
            JavaSearch search = JavaSearch.here();
            JavaHome home = search.find();
            if (home == null) fail(search.complaint());
            Runtime.getRuntime().halt(runIn(home, launcher, args));
        }
    }

    private static boolean vectorIsResolved() {
        try {
            Class.forName(JavaHome.VECTOR + ".Vector", false, ClassLoader.getSystemClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static void run(String program, String[] args) throws Throwable {
        try {
            Class.forName(program).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /// Starts the other JVM, waits for it, and returns its exit code.
    private static int runIn(JavaHome home, String launcher, String[] args) {
        ProcessBuilder builder = new ProcessBuilder(command(home, launcher, args)).inheritIO();
        if (asciiOnly()) useUtf8(builder.environment());
        Signals signals = new Signals();
        signals.install();                                    // first: nothing may end this process but the other one
        Process process = null;
        try {
            process = builder.start();
        } catch (IOException e) {
            fail("cannot start " + home.executable() + ": " + e.getMessage());
        }
        signals.passTo(process);
        while (true) {
            try {
                return process.waitFor();
            } catch (InterruptedException e) {
                // Nobody interrupts this thread; if somebody does, there is still nothing to do but wait.
            }
        }
    }

    private static List<String> command(JavaHome home, String launcher, String[] args) {
        List<String> command = new ArrayList<>();
        command.add(home.executable());
        command.add("--add-modules=" + JavaHome.VECTOR);
        command.add("--enable-native-access=ALL-UNNAMED");
        // Without it, a vector kernel can be compiled at tier 2 and stay there for ever, a hundred times slower.
        command.add("-XX:Tier3DelayOn=100000");
        // Methods of the Vector API are hot by themselves only until the kernels that inline them are compiled: they
        // may not keep the compiler from those.
        command.add("-XX:CompileCommand=quiet");
        command.add("-XX:CompileCommand=CompileThresholdScaling,jdk.incubator.vector.*::*,10.0");
        command.addAll(CommandLine.jvmFlags(args));
        String options = System.getenv("SSL_JAVA_OPTS");
        if (options != null) command.addAll(CommandLine.split(options));
        command.add("-D" + PARENT + "=" + ProcessHandle.current().pid());
        if (asciiOnly() && damaged(args)) command.add("-D" + DAMAGED + "=true");
        command.add("-classpath");
        command.add(System.getProperty("java.class.path"));
        command.add(launcher);
        for (String arg : args) command.add(arg);
        return command;
    }

    /// Whether this JVM runs under the C locale, as in most containers: then names outside ASCII cannot be said.
    private static boolean asciiOnly() {
        return "ANSI_X3.4-1968".equals(System.getProperty("sun.jnu.encoding"));
    }

    private static boolean damaged(String[] args) {
        for (String arg : args) {
            if (arg.indexOf('?') >= 0 || arg.indexOf('\uFFFD') >= 0) return true;
        }
        return false;
    }

    private static void useUtf8(Map<String, String> environment) {
        String all = environment.get("LC_ALL");
        environment.put(all == null || all.isEmpty() ? "LC_CTYPE" : "LC_ALL", "C.UTF-8");
    }

    private static void fail(String sentence) {
        System.err.println("ssl: " + sentence);
        Runtime.getRuntime().halt(CANNOT_START);
    }
}
