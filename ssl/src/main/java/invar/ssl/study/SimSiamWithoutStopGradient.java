package invar.ssl.study;

import invar.ssl.probe.Health;
import java.util.LinkedHashMap;
import java.util.Map;

/// SimSiam without its stopped gradient: Chen and He 2021, [arXiv:2011.10566](https://arxiv.org/abs/2011.10566), Sec.
/// 4.1 and Fig. 2.
final class SimSiamWithoutStopGradient implements Study {

    @Override
    public String name() {
        return "simsiam-stop-gradient";
    }

    @Override
    public String question() {
        return "What keeps SimSiam from answering every image alike, with neither negatives nor a second network?";
    }

    @Override
    public String expectation() {
        return """
                With the stopped gradient the loss falls slowly, and embeddings stay apart (effective rank, uniformity).
                Without it, prediction and target move towards each other: the shortest way to the least loss, -1, is
                that all images share one output. The batch norm at the projector's end forces their mean to 0, so what
                is left may be the two ends of one line: the spread need not be small, but the rank is.""";
    }

    @Override
    public Map<String, Map<String, Double>> run(Lab lab) {
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (boolean stop : new boolean[] {true, false}) {
            Map<String, Object> settings = Map.of("hidden", 64, "projection", 64, "bottleneck", 16, "stopGradient",
                    stop);
            String row = stop ? "stopped, as published" : "not stopped";
            rows.put(row, lab.train(row, lab.config("simsiam", settings, "drawings", 0.2)));
        }
        return rows;
    }

    @Override
    public boolean confirmedBy(Map<String, Map<String, Double>> rows) {
        Map<String, Double> with = Study.row(rows, 0), without = Study.row(rows, 1);
        return without.get(Lab.LOSS) < with.get(Lab.LOSS) && without.get(Health.RANK) < with.get(Health.RANK) / 2;
    }
}
