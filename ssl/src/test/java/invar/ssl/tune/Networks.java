package invar.ssl.tune;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import invar.nn.Mlp;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.util.Optional;
import java.util.stream.IntStream;

/// Networks and images of a few numbers, in double.
final class Networks {

    static final Device DEVICE = Device.open("reference", new DeviceOptions(1, 0));
    static final TrainConfig.EncoderConfig RESNET = new TrainConfig.EncoderConfig("resnet10", 1, "small");
    static final int SIDE = 8;

    private Networks() {}

    /// With K layers of SimCLR's head of width 5, and a classifier that is not 0.
    static TaskNetwork task(long seed, int headLayers, int classes) {
        Encoders.Encoder encoder = Encoders.make(RESNET, SIDE, DEVICE, seed);
        Init init = new Init(DEVICE, seed);
        Optional<Mlp> head = headLayers == 0 ? Optional.empty()
                : Optional.of(Mlp.simClr(init.at("head"), encoder.features(), 5, 3).first(headLayers));
        TaskNetwork network = TaskNetwork.of(init, encoder.network(), encoder.features(), head, classes);
        Philox random = Philox.of(seed, 11);
        Modules.parameters(network.classifier()).values().forEach(parameter -> parameter.upload(
                IntStream.range(0, parameter.size()).mapToDouble(_ -> random.nextGaussian()).toArray()));
        return network;
    }

    static Tensor images(int count, long seed) {
        Philox random = Philox.of(seed, 12);
        return DEVICE.tensor(Shape.of(count, 3, SIDE, SIDE),
                IntStream.range(0, count * 3 * SIDE * SIDE).mapToDouble(_ -> random.nextGaussian()).toArray());
    }

    static Setup setup(TaskNetwork network, int images, int batch) {
        return new Setup(network.encoder(), 8, images, network.classes(), SIDE, batch, images / batch,
                images / batch, new Init(DEVICE, 0));
    }

    /// log softmax(row / τ), of one row.
    static double[] logSoftmax(double[] values, int row, int classes, double tau) {
        double sum = 0;
        double[] logs = new double[classes];
        for (int c = 0; c < classes; c++) sum += Math.exp(values[row * classes + c] / tau);
        for (int c = 0; c < classes; c++) logs[c] = values[row * classes + c] / tau - Math.log(sum);
        return logs;
    }
}
