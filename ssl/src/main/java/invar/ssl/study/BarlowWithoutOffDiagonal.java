package invar.ssl.study;

import invar.ssl.probe.Health;
import java.util.LinkedHashMap;
import java.util.Map;

/// Barlow Twins without its redundancy reduction, λ = 0: Zbontar et al. 2021,
/// [arXiv:2103.03230](https://arxiv.org/abs/2103.03230), Sec. 4, "Loss Function Ablations".
final class BarlowWithoutOffDiagonal implements Study {

    @Override
    public String name() {
        return "barlow-off-diagonal";
    }

    @Override
    public String question() {
        return "What do the off-diagonal entries of the cross-correlation do for Barlow Twins?";
    }

    @Override
    public String expectation() {
        return """
                The diagonal asks each feature to be the same in both views, and each is normalised over the batch, so
                no feature can be constant. But all features may be the same one. That is what is left without the
                off-diagonal term: the loss is small, and the embeddings extend in few directions (effective rank).""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (double lambda : new double[] {0.1, 0}) {      // 0.1 · 31 others is about 0.005 · 511, as with 512 features
            Map<String, Object> settings = Map.of("hidden", 64, "projection", 32, "lambda", lambda, "scale", 0.1);
            String row = "lambda = " + lambda;
            rows.put(row, lab.train(row, lab.config("barlow", settings, "drawings", 0.1)));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        return Study.row(rows, 1).get(Health.RANK) < Study.row(rows, 0).get(Health.RANK) / 1.5;
    }
}
