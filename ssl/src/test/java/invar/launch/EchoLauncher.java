package invar.launch;

/// [Launcher] for [Echo] in place of the real program.
public final class EchoLauncher {

    private EchoLauncher() {}

    /// Launches.
    public static void main(String[] args) throws Throwable {
        Launcher.launch(EchoLauncher.class.getName(), Echo.class.getName(), args);
    }
}
