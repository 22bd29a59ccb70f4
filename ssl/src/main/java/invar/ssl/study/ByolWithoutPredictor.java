package invar.ssl.study;

import invar.ssl.probe.Health;
import java.util.LinkedHashMap;
import java.util.Map;

/// BYOL without its predictor: Grill et al. 2020, [arXiv:2006.07733](https://arxiv.org/abs/2006.07733), Table 5b.
final class ByolWithoutPredictor implements Study {

    @Override
    public String name() {
        return "byol-predictor";
    }

    @Override
    public String question() {
        return "Is a slowly moving target enough for BYOL, or is the predictor needed too?";
    }

    @Override
    public String expectation() {
        return """
                With a predictor q, online and target network need not agree for the loss to be small, and the best q
                gains from embeddings that differ. Without it, the online network falls onto the target and the target
                follows: the loss goes to 0 and the spread with it, as all images get one embedding.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (boolean predictor : new boolean[] {true, false}) {
            Map<String, Object> settings = Map.of("hidden", 64, "projection", 32, "targetDecay", 0.9, "predictor",
                    predictor);
            String row = predictor ? "predictor, as published" : "no predictor";
            rows.put(row, lab.train(row, lab.config("byol", settings, "drawings", 0.1)));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        Map<String, Double> with = Study.row(rows, 0), without = Study.row(rows, 1);
        return without.get(Lab.LOSS) < with.get(Lab.LOSS)
                && without.get(Health.SPREAD) < with.get(Health.SPREAD) / 2;
    }
}
