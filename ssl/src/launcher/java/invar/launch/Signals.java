package invar.launch;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// Passes signals on to a child process, so that it decides how to end and this process only waits.
///
/// SIGTERM and SIGHUP become SIGTERM. SIGINT is passed on only if the child does not get it anyway: the terminal sends
/// Ctrl-C to every process in its foreground.
final class Signals implements SignalHandler {

    private Process child;
    private boolean ended;

    /// From now on, signals wait for a child.
    void install() {
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            try {
                Signal.handle(new Signal(name), this);
            } catch (IllegalArgumentException e) {
                // Not known to this system (HUP on Windows) or kept by the JVM (-Xrs): then it has its usual effect.
            }
        }
    }

    /// Names the process that gets them, and sends it SIGTERM if one of them came before it started.
    synchronized void passTo(Process process) {
        child = process;
        if (ended) process.destroy();
    }

    @Override
    public synchronized void handle(Signal signal) {
        if (child == null) {
            ended = true;
        } else if (!signal.getName().equals("INT")) {
            child.destroy();
        } else if (System.getProperty("os.name").startsWith("Windows")) {
            return;                                           // a console sends Ctrl-C to all its processes
        } else if (!inForeground()) {
            try {
                new ProcessBuilder("kill", "-INT", Long.toString(child.pid())).start();
            } catch (IOException e) {
                child.destroy();                              // no `kill` on this machine: SIGTERM is the next best
            }
        }
    }

    /// Whether this process belongs to the foreground group of a terminal.
    private static boolean inForeground() {
        try (BufferedReader stat = new BufferedReader(new FileReader("/proc/self/stat"))) {
            String line = stat.readLine();                    // pid (name) state ppid pgrp session tty_nr tpgid …
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            return fields[2].equals(fields[5]);
        } catch (IOException e) {
            return System.console() != null;                  // no /proc: a terminal at both ends says the same
        }
    }
}
