package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import invar.ssl.Losses;

/// A training step of ResNet-18 with the CIFAR stem and ten classes: forward, cross entropy, backward, SGD with
/// momentum 0.9 and weight decay 5e-4.
public final class ResNetStepWork extends Workload {

    /// Learning rate, momentum, weight decay.
    public static final double RATE = 0.05, MOMENTUM = 0.9, DECAY = 5e-4;
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

    private final int batch, size, width;
    private final Network network;
    private final Optimizer optimizer;
    private final Tensor images, labels, rate;

    /// @param width channels of the stem; 64 in the paper
    public ResNetStepWork(Device device, int batch, int size, int width) {
        super(device);
        this.batch = batch;
        this.size = size;
        this.width = width;
        this.network = device.persistent(() -> Network.of(device, width));
        this.optimizer = new Sgd(Modules.parameters(network),
                new Sgd.Config(MOMENTUM, WeightDecay.ofAll(DECAY), false));
        this.images = input(1, batch, 3, size, size);
        this.labels = device.persistent(() -> device.integers(Shape.of(batch), Inputs.labels(2, batch, CLASSES)));
        this.rate = input(new float[] {(float) RATE});
    }

    @Override
    protected Tensor[] compute() {
        try (Tape tape = Tape.watching(optimizer.parameters().values())) {
            Tensor features = network.encoder.apply(images, Mode.TRAIN);
            Tensor loss = Losses.crossEntropy(network.head.apply(features, Mode.TRAIN), labels);
            optimizer.step(tape.gradients(loss), rate);
            return new Tensor[] {loss};
        }
    }

    @Override
    protected Workload small(Device on) {
        return new ResNetStepWork(on, Math.min(batch, 6), Math.min(size, 8), Math.min(width, 4));
    }

    /// A step later the loss on the same images is another number; the comparison with libtorch checks which.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        double first = out[0].item(), second = call()[0].item();
        if (!Double.isFinite(second) || second == first) {
            throw new IllegalStateException(this + ": after a step the loss is " + second + " and was " + first);
        }
    }

    /// Twenty layers of batch norm over small batches each multiply what rounding did before them.
    @Override
    protected double tolerance() {
        return 2e-3;
    }

    @Override
    protected double amplification() {
        return 64;
    }

    @Override
    public String toString() {
        return "training step of ResNet-18, width " + width + ", on " + batch + " images of " + size + " pixels";
    }
}
