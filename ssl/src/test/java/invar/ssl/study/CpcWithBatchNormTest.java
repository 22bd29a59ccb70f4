package invar.ssl.study;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The negative control: patches that know nothing of each other, and yet a loss below chance.
class CpcWithBatchNormTest {

    private static final int STEPS = 600;

    /// Measured on new images, where chance is 2.890: 2.52 with the statistics of a half of the batch, and 3.13 with
    /// running statistics.
    @Test
    @Timeout(120)
    void statisticsOfHalvesOfABatchTellWhichPatchesBelongTogether() {
        Map<String, Double> found = measures("split2", STEPS);
        double chance = found.get(CpcWithBatchNorm.CHANCE);
        assertThat(chance).isEqualTo(Math.log(18));
        assertThat(found.get(CpcWithBatchNorm.NEW)).as("%s", found).isLessThan(chance - 0.1);
        assertThat(found.get(CpcWithBatchNorm.RUNNING)).as("%s", found).isGreaterThan(chance - 0.05);
    }

    /// They are the same for all patches.
    @Test
    @Timeout(120)
    void statisticsOfTheWholeBatchTellNothing() {
        Map<String, Double> found = measures("batch", STEPS / 2);
        assertThat(found.get(CpcWithBatchNorm.NEW)).as("%s", found)
                .isGreaterThan(found.get(CpcWithBatchNorm.CHANCE) - 0.05);
    }

    private static Map<String, Double> measures(String norm, int steps) {
        try (Device device = Device.open("cpu")) {
            return CpcWithBatchNorm.measures(device, norm, steps, 1, line -> {});
        }
    }
}
