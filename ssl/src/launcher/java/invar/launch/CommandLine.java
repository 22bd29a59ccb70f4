package invar.launch;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// The words of a command line: how this process was started, and how to start the next.
final class CommandLine {

    private CommandLine() {}

    /// The flags that were given to the JVM of this process, e.g. `-Xmx8g`, without those that name the program.
    ///
    /// @param arguments the arguments of the program, which end the command line
    static List<String> jvmFlags(String[] arguments) {
        return jvmFlags(words(), arguments.length);
    }

    /// As above, of a command line without its first word, which is the path of `java`. Empty if the system does not
    /// tell the command line, as Windows does not.
    static List<String> jvmFlags(List<String> words, int arguments) {
        List<String> flags = new ArrayList<>();
        int end = words.size() - arguments - 1;               // the last one is the jar or the main class
        for (int i = 0; i < end; i++) {
            String word = words.get(i);
            if (word.equals("-cp") || word.equals("-classpath") || word.equals("--class-path")) {
                i++;                                          // the next word is its value
            } else if (!word.equals("-jar") && !word.startsWith("--class-path=")
                    && !word.startsWith("-agentlib:jdwp")) {  // a debugger's port is taken already, by this process
                flags.add(word);
            }
        }
        return flags;
    }

    private static List<String> words() {
        List<String> words = new ArrayList<>();
        if (new File("/proc/self/cmdline").exists()) {
            for (byte[] word : words("self")) words.add(new String(word, Charset.defaultCharset()));
            if (!words.isEmpty()) words.remove(0);
        } else {
            String[] rest = ProcessHandle.current().info().arguments().orElse(new String[0]);
            for (String word : rest) words.add(word);
        }
        return words;
    }

    /// The words with which the Linux process `pid` was started, as bytes; empty if they cannot be read.
    private static List<byte[]> words(String pid) {
        List<byte[]> words = new ArrayList<>();
        try (InputStream file = new FileInputStream("/proc/" + pid + "/cmdline")) {
            byte[] bytes = file.readAllBytes();
            for (int begin = 0, end = 0; end < bytes.length; end++) {
                if (bytes[end] != 0) continue;                // every word ends with a zero
                byte[] word = new byte[end - begin];
                System.arraycopy(bytes, begin, word, 0, word.length);
                words.add(word);
                begin = end + 1;
            }
        } catch (IOException e) {
            words.clear();
        }
        return words;
    }

    /// The `arguments` as process `pid` got them, decoded as UTF-8.
    ///
    /// Under the C locale a JVM turns every byte outside ASCII into a question mark, but the bytes are still known to
    /// Linux. If they do not fit to `arguments` (an `@file` was expanded), those are returned.
    static String[] undamaged(String pid, String[] arguments) {
        List<byte[]> words = words(pid);
        int skip = words.size() - arguments.length;
        if (skip < 0) return arguments;
        String[] decoded = new String[arguments.length];
        for (int i = 0; i < decoded.length; i++) {
            byte[] word = words.get(skip + i);
            if (!ascii(new String(word, StandardCharsets.ISO_8859_1)).equals(ascii(arguments[i]))) return arguments;
            decoded[i] = new String(word, StandardCharsets.UTF_8);
        }
        return decoded;
    }

    private static String ascii(String text) {
        StringBuilder ascii = new StringBuilder();
        for (int i = 0; i < text.length(); i++) ascii.append(text.charAt(i) < 128 ? text.charAt(i) : '?');
        return ascii.toString();
    }

    /// The words of a text such as `-Xmx4g -Dname="two words"`: split at blanks outside of quotes.
    static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
                inWord = true;
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (inWord) words.add(word.toString());
                word.setLength(0);
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (inWord) words.add(word.toString());
        return words;
    }
}
