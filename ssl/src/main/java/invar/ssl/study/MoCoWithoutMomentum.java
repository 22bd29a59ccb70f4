package invar.ssl.study;

import java.util.LinkedHashMap;
import java.util.Map;

/// MoCo with the query encoder for its keys, m = 0: He et al. 2020,
/// [arXiv:1911.05722](https://arxiv.org/abs/1911.05722), Sec. 4.1, "Ablation: momentum", where training fails.
final class MoCoWithoutMomentum implements Study {

    @Override
    public String name() {
        return "moco-momentum";
    }

    @Override
    public String question() {
        return "Why does MoCo compute its keys by a slow average of the encoder, and not by the encoder itself?";
    }

    @Override
    public String expectation() {
        return """
                The queue holds keys of the last 16 steps. A slow encoder made all of them by nearly the same function,
                so they can be compared, and the loss falls. With m = 0 old keys are those of other encoders: which step
                made a key is easier to tell than which image, and the loss stays a larger share of chance.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (double m : new double[] {0.99, 0.9, 0}) {
            Map<String, Object> settings = Map.of("hidden", 64, "projection", 32, "queue", 256, "momentum", m,
                    "temperature", 0.1);
            String row = "m = " + m;
            rows.put(row, lab.train(row, lab.small("moco-v2", settings, "none", 0.1)));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        return Study.row(rows, 2).get(Lab.LOSS) > 1.5 * Study.row(rows, 0).get(Lab.LOSS);
    }
}
