package invar.ssl.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Where the values of a YAML text are from: what the comments behind them say. YAML's own parser drops comments.
///
/// The texts are indented by two spaces a level; names are of letters and digits, and no value has a `#` in it.
final class Sources {

    private static final Pattern NAMED = Pattern.compile("(?<indent>(?: {2})*)(?<name>[A-Za-z0-9]+):(?: .*)?");
    private static final Pattern GOES_ON = Pattern.compile(" {8,}# (?<comment>.*)");
    private static final String MARK = " # ";

    /// The column in which the comments of short lines begin.
    private static final int COLUMN = 33;

    private Sources() {}

    /// The comment of each name that has one, by its path, as in `paper.optimization.lr`. An indented line that is only
    /// a comment goes on with the one before.
    static Map<String, String> of(String text) {
        Map<String, String> sources = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        for (String line : text.lines().toList()) {
            Matcher more = GOES_ON.matcher(line);
            if (more.matches()) {
                String rest = " " + more.group("comment");
                sources.computeIfPresent(String.join(".", names), (path, source) -> source + rest);
            } else if (enter(names, line)) {
                int mark = line.indexOf(MARK);
                if (mark >= 0) sources.put(String.join(".", names), line.substring(mark + MARK.length()).strip());
            }
        }
        return sources;
    }

    /// The text, behind each name its source.
    static String beside(String text, Map<String, String> sources) {
        StringBuilder out = new StringBuilder();
        List<String> names = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String source = enter(names, line) ? sources.getOrDefault(String.join(".", names), "") : "";
            out.append(line);
            if (!source.isEmpty()) {
                out.repeat(' ', Math.max(0, COLUMN - 1 - line.length())).append(MARK).append(source);
            }
            out.append('\n');
        }
        return out.toString();
    }

    /// Makes `names` the path of what the line names; false if it names nothing.
    private static boolean enter(List<String> names, String line) {
        Matcher named = NAMED.matcher(line);
        if (!named.matches()) return false;
        int depth = named.group("indent").length() / 2;
        if (depth > names.size()) return false;
        names.subList(depth, names.size()).clear();
        names.add(named.group("name"));
        return true;
    }
}
