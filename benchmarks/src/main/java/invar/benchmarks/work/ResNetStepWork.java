package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Losses;

/// A training step of a classifier of ten classes: cross entropy.
public final class ResNetStepWork extends TrainingStepWork<ResNetStepWork.Network> {

    /// Of the last layer.
    public static final int CLASSES = 10;

    /// The network, by its parts' names.
    ///
    /// @param encoder without a last layer
    /// @param head    from features to classes
    public record Network(ResNet encoder, Linear head) {

        /// A fresh network; its values depend on nothing but its width.
        public static Network of(Device device, int width) {
            Init init = new Init(device, 7);
            ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(18, width, ResNet.Stem.CIFAR));
            return new Network(encoder, Linear.of(init.at("head"), encoder.features(), CLASSES, true));
        }
    }

    private final Tensor images, labels;

    /// @param width channels of the stem; 64 in the paper
    public ResNetStepWork(Device device, int batch, int size, int width) {
        super(device, batch, size, width, () -> Network.of(device, width));
        this.images = input(1, batch, 3, size, size);
        this.labels = device.persistent(() -> device.integers(Shape.of(batch), Inputs.labels(2, batch, CLASSES)));
    }

    @Override
    Tensor loss() {
        Tensor features = network.encoder.apply(images, Mode.TRAIN);
        return Losses.crossEntropy(network.head.apply(features, Mode.TRAIN), labels);
    }

    @Override
    Workload of(Device on, int batch, int size, int width) {
        return new ResNetStepWork(on, batch, size, width);
    }

    @Override
    public String toString() {
        return "training step of ResNet-18" + onImages();
    }
}
