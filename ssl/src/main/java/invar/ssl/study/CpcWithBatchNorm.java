package invar.ssl.study;

import invar.ssl.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/// CPC with batch norm in its encoder: Hénaff et al. 2020, [arXiv:1905.09272](https://arxiv.org/abs/1905.09272), where
/// layer norm replaces it.
final class CpcWithBatchNorm implements Study {

    @Override
    public String name() {
        return "cpc-batch-norm";
    }

    @Override
    public String question() {
        return "Why must the encoder of CPC have no batch norm?";
    }

    @Override
    public String expectation() {
        return """
                Every patch is encoded for itself, and the loss asks which patch lies below another. The statistics of a
                batch norm tell each patch of all the others. The loss is lower with them, but what was learnt is worth
                no more: the neighbours (kNN-20) know no more kinds of shapes than with layer norm.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        Map<String, Object> settings = Map.of("grid", 2, "context", 16, "blocks", 1, "target", 32, "stepsToIgnore", 0,
                "stepsToPredict", 1);
        for (String norm : new String[] {"layer", "batch"}) {
            TrainConfig config = lab.config("cpc", settings, "none", norm,
                    new TrainConfig.Optimization("adam", 3e-3, 0.9, 0, false, 1));
            String row = norm + " norm" + (norm.equals("layer") ? ", as published" : "");
            rows.put(row, lab.train(row, config));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        Map<String, Double> layer = Study.row(rows, 0), batch = Study.row(rows, 1);
        return batch.get(Lab.LOSS) < 0.9 * layer.get(Lab.LOSS)
                && batch.get(Lab.ACCURACY) < layer.get(Lab.ACCURACY) + 0.02;
    }
}
