package invar.ssl.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SourcesTest {

    private static final String TEXT = """
            # A title: with a colon.
            paper:
              lr: 0.1  # Sec. 4: 0.1
              net:     # of the paper
                name: a
                width: 7   # Table 1,
                           # as the code

            # Another.
            cifar:
              lr: 0.2
              at: [1, 2] # README
            """;

    @Test
    void areTheCommentsByPath() {
        assertThat(Sources.of(TEXT)).containsExactly(Map.entry("paper.lr", "Sec. 4: 0.1"),
                Map.entry("paper.net", "of the paper"), Map.entry("paper.net.width", "Table 1, as the code"),
                Map.entry("cifar.at", "README"));
    }

    @Test
    void standBehindTheValues() {
        String text = "---\na: 1\nlist:\n- 2\n- 3\nb:\n  a: a very long text, longer than the column\n  c: {}\nd: 4\n";
        assertThat(Sources.beside(text, Map.of("a", "one", "list", "two", "b.a", "three", "b.c", "none", "x", "no")))
                .isEqualTo("---\na: 1                             # one\n"
                        + "list:                            # two\n- 2\n- 3\nb:\n"
                        + "  a: a very long text, longer than the column # three\n"
                        + "  c: {}                          # none\nd: 4\n");
    }
}
