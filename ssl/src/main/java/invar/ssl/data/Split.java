package invar.ssl.data;

import java.util.ArrayList;
import java.util.List;

/// A data set in two parts that share no item.
///
/// @param train to learn from
/// @param test held out
/// @param bank the training items that held-out ones are compared with; all of them, but for sets with near copies
/// @param rule how the parts were chosen, one sentence for logs and reports
public record Split(Dataset train, Dataset test, Dataset bank, String rule) {

    /// All training items are compared with.
    public Split(Dataset train, Dataset test, String rule) {
        this(train, test, train, rule);
    }

    /// One line for each item of both parts: part, index, class, source, separated by tabs, after a heading. Stored
    /// with a run, it says exactly what was trained on.
    public List<String> manifest() {
        List<String> lines = new ArrayList<>(train.size() + test.size() + 1);
        lines.add("part\tindex\tclass\tsource");
        list("train", train, lines);
        list("test", test, lines);
        return lines;
    }

    private static void list(String part, Dataset items, List<String> lines) {
        for (int i = 0; i < items.size(); i++) {
            int label = items.label(i);
            String kind = label == Dataset.UNLABELLED ? "" : items.classes().get(label);
            lines.add(part + '\t' + i + '\t' + kind + '\t' + items.source(i));
        }
    }
}
