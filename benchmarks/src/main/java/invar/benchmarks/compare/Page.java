package invar.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// A page such as `docs/performance.md`: text by hand, with a block for each group of cases that is written here,
/// between two comments that name it.
public final class Page {

    private final Path file;

    /// @param file must exist when something is written into it
    public Page(Path file) {
        this.file = file;
    }

    /// Replaces a block, or adds it before the end of the page's section of measurements.
    public void replace(String block, String text) throws IOException {
        String page = Files.readString(file), begin = "<!-- measured: " + block + " -->\n";
        String end = "<!-- end: " + block + " -->\n";
        int from = page.indexOf(begin), to = page.indexOf(end);
        String written = begin + text + end;
        if (from >= 0 && to > from) {
            page = page.substring(0, from) + written + page.substring(to + end.length());
        } else {
            String mark = "<!-- new blocks go here -->\n";
            int at = page.indexOf(mark);
            if (at < 0) throw new IOException(file + " lacks the block " + block + " and the line " + mark.strip());
            page = page.substring(0, at) + written + "\n" + page.substring(at);
        }
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(beside, page);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
