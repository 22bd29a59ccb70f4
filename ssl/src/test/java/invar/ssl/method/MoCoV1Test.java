package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.nn.Mlp;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.train.TrainConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The first version: a linear head, one direction. What both versions share is in [MoCoTest].
class MoCoV1Test extends MethodContract {

    MoCoV1Test() {
        super("moco-v1", Map.of("projection", 7, "queue", 24, "momentum", 0.9, "temperature", 0.5));
    }

    /// With keys of an untrained network in the queue, as in [MoCoTest].
    @Override
    @Test
    void startsNearChance() {
        try (Device device = Device.open("reference")) {
            SslMethod method = method(device, Map.of("projection", 7, "queue", 24, "temperature", 0.5), 24);
            assertThat(MoCoTest.lossOfAFilledQueue(method, List.of(views(device, 1, 24), views(device, 2, 24)),
                    new Step(device, 5))).isCloseTo(Math.log(25), within(nearChance(Math.log(25))));
        }
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            2.315867393554, 2.523068666228, 3.004344265482, 3.283471898210, 2.914428998291, 3.767237937342,
            3.444834872561, 3.131109083744, 3.131080033222, 3.350694437304};
    }

    /// The pictures as they are, as in [MoCoTest].
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("projection", 32, "queue", 256, "momentum", 0.99, "temperature", 0.1), "none", 0.1);
    }

    @Test
    void hasALinearHeadWithBias() {
        try (Device device = Device.open("reference")) {
            Mlp head = method(device, Map.of("queue", 24, "projection", 7)).head().orElseThrow();
            assertThat(head.layers()).hasSize(1);
            assertThat(head.layers().getFirst().linear().bias()).isPresent();
            assertThat(head.features()).isEqualTo(7);
        }
    }
}
