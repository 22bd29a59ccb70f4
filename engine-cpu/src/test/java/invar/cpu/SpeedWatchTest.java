package invar.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SpeedWatchTest {

    private static final long MILLISECOND = 1_000_000;

    private final AtomicLong now = new AtomicLong();
    private final List<String> warnings = new ArrayList<>();
    private SpeedWatch watch = watch(2);
    private final Device device = Device.open("reference");

    private SpeedWatch watch(int threads, String... arguments) {
        return new SpeedWatch(now::get, warnings::add, threads, List.of(arguments));
    }

    /// As many ops as take `seconds`, each a product of two (n, n) matrices at `speed` GF/s by the clock of this test.
    private void multiply(int n, double speed, double seconds) {
        Tensor a = device.zeros(Shape.of(n, n));
        long each = (long) (2.0 * n * n * n / speed), end = now.get() + (long) (seconds * 1e9);
        while (now.get() < end) {
            watch.run(new MatMul(false, false), a, a, a, () -> now.addAndGet(each));
        }
    }

    @Test
    void warnsOnceOfKernelsThatStaySlow() {
        multiply(512, 1.4, 60);
        assertThat(warnings).hasSize(1);
        assertThat(warnings.getFirst()).contains("1.4 GF/s on 2 threads")
                .endsWith("start it with -XX:Tier3DelayOn=100000.");
    }

    /// Sixteen threads with boxed vectors are faster than two with good kernels on a slow processor.
    @Test
    void expectsMoreOfMoreThreads() {
        watch = watch(16);
        multiply(512, 21, 60);
        assertThat(warnings).isEmpty();
        multiply(512, 12, 60);
        assertThat(warnings).hasSize(1);
        watch = watch(1);
        multiply(512, 1.4, 60);
        assertThat(warnings).hasSize(1);
        watch = watch(1);
        multiply(512, 0.7, 60);
        assertThat(warnings).hasSize(2);
        assertThat(warnings.getLast()).contains("0.7 GF/s on 1 thread, ");
    }

    @Test
    void doesNotAdviseWhatIsSet() {
        watch = watch(2, "-Xmx3g", "-XX:Tier3DelayOn=100000");
        multiply(512, 1.4, 60);
        assertThat(warnings).hasSize(1);
        assertThat(warnings.getFirst()).contains("other programs may be using them").doesNotContain("Tier3DelayOn");
    }

    @Test
    void warnsAlsoIfTheyGotSlowLater() {
        multiply(512, 90, 60);
        assertThat(warnings).isEmpty();
        multiply(512, 1.4, 60);
        assertThat(warnings).hasSize(1);
    }

    @Test
    void isPatientWhileKernelsAreCompiled() {
        multiply(512, 0.2, 9);
        multiply(512, 90, 60);
        assertThat(warnings).isEmpty();
    }

    @Test
    void isSilentAboutSlowProcessorsAndSmallProducts() {
        multiply(512, 5, 60);
        multiply(64, 0.5, 60);
        assertThat(warnings).isEmpty();
    }

    @Test
    void doesNotCountTheTimeBetweenOps() {
        for (int i = 0; i < 1000; i++) {
            multiply(512, 90, 0.01);
            now.addAndGet(1000 * MILLISECOND);
        }
        assertThat(warnings).isEmpty();
    }

    /// (2, 3, 8, 8) with 5 kernels of 3 × 3: 2 · 5 · 8 · 8 results of 27 multiply-adds, in all three directions.
    @Test
    void countsTheMultiplyAddsOfAllDirections() {
        Conv2d conv = Conv2d.of(1, 1);
        Tensor x = device.zeros(Shape.of(2, 3, 8, 8)), w = device.zeros(Shape.of(5, 3, 3, 3));
        Tensor y = device.zeros(Shape.of(2, 5, 8, 8));
        assertThat(SpeedWatch.multiplyAdds(conv, x, w, y)).isEqualTo(640 * 27);
        assertThat(SpeedWatch.multiplyAdds(new Conv2dInputGrad(conv, 8, 8), y, w, x)).isEqualTo(640 * 27);
        assertThat(SpeedWatch.multiplyAdds(new Conv2dWeightGrad(conv, 3, 3), x, y, w)).isEqualTo(640 * 27);
        Tensor a = device.zeros(Shape.of(7, 5)), b = device.zeros(Shape.of(7, 3)), c = device.zeros(Shape.of(5, 3));
        ContractionOp product = new MatMul(true, false);
        assertThat(SpeedWatch.multiplyAdds(product, a, b, c)).isEqualTo(7 * 5 * 3);
        Conv2d grouped = new Conv2d(1, 1, 1, 1, 1, 1, 3);
        assertThat(SpeedWatch.multiplyAdds(grouped, x, device.zeros(Shape.of(3, 1, 3, 3)), x)).isZero();
    }
}
