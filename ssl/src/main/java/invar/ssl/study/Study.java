package invar.ssl.study;

import java.util.List;
import java.util.Map;

/// A small experiment that shows why a method is as it is: what happens without one of its parts. A reader can run it
/// in a minute or two.
public interface Study {

    /// As typed.
    String name();

    /// What is asked, one sentence.
    String question();

    /// What to expect, and why.
    String expectation();

    /// Trains what has to be compared. The first row is the method as it should be.
    ///
    /// @return for each run its measures by name, as [Lab#train] has them
    Map<String, Map<String, Double>> run(Lab lab);

    /// Whether the rows of [#run] show what was expected.
    boolean confirmedBy(Map<String, Map<String, Double>> rows);

    /// The measures of one row.
    static Map<String, Double> row(Map<String, Map<String, Double>> rows, int index) {
        return List.copyOf(rows.values()).get(index);
    }
}
