package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import invar.ssl.Losses;
import java.util.Map;

/// A training step of SimCLR: two views through ResNet-18 with the CIFAR stem and a projection head to 128, NT-Xent,
/// backward, SGD with momentum 0.9 and weight decay 5e-4.
public final class SimClrStepWork extends Workload {

    /// Learning rate, momentum, weight decay.
    public static final double RATE = 0.05, MOMENTUM = 0.9, DECAY = 5e-4;
    /// τ, that of the paper for CIFAR-10.
    public static final double TEMPERATURE = 0.5;
    /// D, what the loss compares.
    public static final int PROJECTION = 128;

    private record Network(ResNet encoder, Mlp projector) {

        static Network of(Device device, int width) {
            Init init = new Init(device, 7);
            ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(18, width, ResNet.Stem.CIFAR));
            return new Network(encoder,
                    Mlp.simClr(init.at("projector"), encoder.features(), encoder.features(), PROJECTION));
        }
    }

    private final int batch, size, width;
    private final Network network;
    private final Optimizer optimizer;
    private final Tensor first, second, rate;

    /// @param batch N, images; each is seen twice
    /// @param width channels of the stem; 64 in the paper
    public SimClrStepWork(Device device, int batch, int size, int width) {
        super(device);
        this.batch = batch;
        this.size = size;
        this.width = width;
        this.network = device.persistent(() -> Network.of(device, width));
        this.optimizer = new Sgd(Modules.parameters(network),
                new Sgd.Config(MOMENTUM, WeightDecay.ofAll(DECAY), false));
        this.first = input(1, batch, 3, size, size);
        this.second = input(2, batch, 3, size, size);
        this.rate = input(new float[] {(float) RATE});
    }

    /// What another library begins with, by name; `encoder.conv1.weight` and so on, as in PyTorch's ResNets.
    public Map<String, Tensor> parameters() {
        return optimizer.parameters();
    }

    @Override
    protected Tensor[] compute() {
        try (Tape tape = Tape.watching(optimizer.parameters().values())) {
            Tensor h = network.encoder.apply(first.concat(0, second), Mode.TRAIN);         // (2N, F)
            Tensor loss = Losses.ntXent(network.projector.apply(h, Mode.TRAIN), TEMPERATURE);
            optimizer.step(tape.gradients(loss), rate);
            return new Tensor[] {loss};
        }
    }

    @Override
    protected Workload small(Device on) {
        return new SimClrStepWork(on, Math.min(batch, 6), Math.min(size, 8), Math.min(width, 4));
    }

    /// A step later the loss on the same images is another number; the comparison with PyTorch checks which.
    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        double before = out[0].item(), after = call()[0].item();
        if (!Double.isFinite(after) || after == before) {
            throw new IllegalStateException(this + ": after a step the loss is " + after + " and was " + before);
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
        return "SimCLR step of ResNet-18, width " + width + ", on " + batch + " images of " + size + " pixels";
    }
}
