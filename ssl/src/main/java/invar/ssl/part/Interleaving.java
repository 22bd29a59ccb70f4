package invar.ssl.part;

import invar.core.Shape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Several batches as one, mixed, and the results apart again; so one pass through a network has the same statistics
/// for all of them, and any part of the pass (a device, a group of a split batch norm) sees some of each.
///
/// The rows come in g = gcd(n₁, n₂, …) rounds. Round r has rows r nₖ/g … (r + 1) nₖ/g − 1 of batch k, for k = 1, 2, …
/// This is `interleave` of google-research/fixmatch, where the sizes are B, μB and μB and so g = B, up to the order in
/// a round.
///
/// @param counts n₁, n₂, …: how many rows each batch has, at least 1
public record Interleaving(List<Integer> counts) {

    /// Copies the list.
    public Interleaving {
        counts = List.copyOf(counts);
        if (counts.isEmpty() || counts.stream().anyMatch(n -> n < 1)) {
            throw new IllegalArgumentException("there must be batches of at least one row each, not of " + counts);
        }
    }

    /// For these batches.
    public static Interleaving of(Tensor... batches) {
        return new Interleaving(IntStream.range(0, batches.length).mapToObj(k -> batches[k].dim(0)).toList());
    }

    /// g, the number of rounds.
    public int rounds() {
        return counts.stream().reduce(0, Interleaving::gcd);
    }

    /// The batches, (nₖ, …) each, as one of Σ nₖ rows.
    public Tensor together(Tensor... batches) {
        Tensor[] parts = new Tensor[batches.length];
        for (int k = 0; k < parts.length; k++) parts[k] = batches[k].reshape(inRounds(batches[k]));
        Tensor first = parts[0];
        Tensor[] others = Arrays.copyOfRange(parts, 1, parts.length);
        Tensor all = others.length == 0 ? first : first.concat(1, others);
        return all.reshape(batches[0].shape().with(0, counts.stream().mapToInt(n -> n).sum()));
    }

    /// The rows of each batch, in their order: undoes [#together] for rows of any shape.
    public List<Tensor> apart(Tensor rows) {
        Tensor all = rows.reshape(inRounds(rows));
        List<Tensor> batches = new ArrayList<>();
        int from = 0;
        for (int n : counts) {
            int to = from + n / rounds();
            batches.add(all.slice(1, from, to).reshape(rows.shape().with(0, n)));
            from = to;
        }
        return batches;
    }

    /// (g, rows a round, values a row)
    private Shape inRounds(Tensor rows) {
        int g = rounds(), n = rows.dim(0);
        return Shape.of(g, n / g, rows.size() / n);
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
