package invar.launch;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Looks for a Java that suits, in this order: the one that runs now, JAVA_HOME, JDK_HOME, PATH, then the folders where
/// systems and tools install Java. Within one folder the lowest version that suits wins: it is the closest to the one
/// the program was tested with.
final class JavaSearch {

    private final File running;
    private final Map<String, String> environment;
    private final List<File> parents;
    private JavaHome newest;

    /// @param running     the home of the Java that runs now
    /// @param environment the variables JAVA_HOME, JDK_HOME and PATH
    /// @param parents     folders whose subfolders may be homes
    JavaSearch(File running, Map<String, String> environment, List<File> parents) {
        this.running = running;
        this.environment = environment;
        this.parents = parents;
    }

    /// A search of this machine.
    static JavaSearch here() {
        Map<String, String> environment = System.getenv();
        return new JavaSearch(new File(System.getProperty("java.home")), environment,
                usualParents(System.getProperty("os.name"), new File(System.getProperty("user.home")), environment));
    }

    /// Where Java is usually installed on a system called `os`.
    static List<File> usualParents(String os, File userHome, Map<String, String> environment) {
        List<File> parents = new ArrayList<>();
        if (os.startsWith("Windows")) {
            String[] vendors = {"Java", "Eclipse Adoptium", "Microsoft", "Zulu", "Amazon Corretto", "BellSoft"};
            for (String variable : new String[] {"ProgramFiles", "LOCALAPPDATA"}) {
                String base = environment.get(variable);
                if (base == null) continue;
                File programs = variable.equals("LOCALAPPDATA") ? new File(base, "Programs") : new File(base);
                for (String vendor : vendors) parents.add(new File(programs, vendor));
            }
        } else if (os.startsWith("Mac")) {
            parents.add(new File("/Library/Java/JavaVirtualMachines"));
            parents.add(new File(userHome, "Library/Java/JavaVirtualMachines"));
            parents.add(new File("/opt/homebrew/opt"));
            parents.add(new File("/usr/local/opt"));
        } else {
            parents.add(new File("/usr/lib/jvm"));
            parents.add(new File("/usr/lib64/jvm"));
            parents.add(new File("/usr/java"));
            parents.add(new File("/usr/local"));
            parents.add(new File("/opt"));
            parents.add(new File("/opt/java"));
        }
        parents.add(new File(userHome, ".sdkman/candidates/java"));
        parents.add(new File(userHome, ".jdks"));
        parents.add(new File(userHome, ".gradle/jdks"));
        parents.add(new File(userHome, ".asdf/installs/java"));
        parents.add(new File(userHome, ".local/share/mise/installs/java"));
        return parents;
    }

    /// The first Java that suits, or null.
    JavaHome find() {
        JavaHome found = look(running);
        if (found == null) found = look(environment.get("JAVA_HOME"));
        if (found == null) found = look(environment.get("JDK_HOME"));
        if (found == null) found = lookInPath(environment.get("PATH"));
        for (int i = 0; found == null && i < parents.size(); i++) found = lookInside(parents.get(i));
        return found;
    }

    /// After [#find] returned null: why, and what to do, in one sentence.
    String complaint() {
        String where = newest == null ? "" : "Java " + newest.version + " in " + newest.folder;
        String found = newest == null ? "no Java was found"
                : newest.feature() < JavaHome.NEEDED ? "the newest found is " + where
                : where + " comes without that module";
        return "Java " + JavaHome.NEEDED + " or newer with the module " + JavaHome.VECTOR + " is needed, but " + found
                + "; install a JDK " + JavaHome.NEEDED + " or set JAVA_HOME to one.";
    }

    private JavaHome look(String folder) {
        return folder == null || folder.isEmpty() ? null : look(new File(folder));
    }

    /// The Java in `folder` if it suits, else null; on macOS, a home may be nested.
    private JavaHome look(File folder) {
        JavaHome home = JavaHome.at(folder);
        if (home == null) home = JavaHome.at(new File(folder, "Contents/Home"));
        if (home == null) home = JavaHome.at(new File(folder, "libexec/openjdk.jdk/Contents/Home"));
        if (home == null) return null;
        if (newest == null || home.feature() > newest.feature()) newest = home;
        return home.suits() ? home : null;
    }

    private JavaHome lookInPath(String path) {
        if (path == null) return null;
        for (int begin = 0; begin <= path.length(); ) {
            int end = path.indexOf(File.pathSeparatorChar, begin);
            if (end < 0) end = path.length();
            JavaHome home = end == begin ? null : lookBehind(path.substring(begin, end));
            if (home != null) return home;
            begin = end + 1;
        }
        return null;
    }

    /// The home of the `java` in a folder of PATH, through links such as those of /usr/bin.
    private JavaHome lookBehind(String bin) {
        File java = new File(bin, File.separatorChar == '\\' ? "java.exe" : "java");
        if (!java.isFile()) return null;
        try {
            File folder = java.getCanonicalFile().getParentFile();
            return folder == null || folder.getParentFile() == null ? null : look(folder.getParentFile());
        } catch (IOException e) {
            return null;                                      // a link that leads nowhere
        }
    }

    private JavaHome lookInside(File parent) {
        String[] names = parent.list();
        if (names == null) return null;                       // no such folder
        Arrays.sort(names);
        JavaHome best = null;
        for (String name : names) {
            JavaHome home = look(new File(parent, name));
            if (home != null && (best == null || home.feature() < best.feature())) best = home;
        }
        return best;
    }
}
