package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.ResNet;
import invar.nn.init.Init;
import invar.ssl.Losses;

/// A training step of SimCLR: two views through the encoder and a projection head to 128, NT-Xent.
public final class SimClrStepWork extends TrainingStepWork<SimClrStepWork.Network> {

    /// τ, that of the paper for CIFAR-10.
    public static final double TEMPERATURE = 0.5;
    /// D, what the loss compares.
    public static final int PROJECTION = 128;

    record Network(ResNet encoder, Mlp projector) {

        static Network of(Device device, int width) {
            Init init = new Init(device, 7);
            ResNet encoder = ResNet.of(init.at("encoder"), ResNet.Spec.ofDepth(18, width, ResNet.Stem.CIFAR));
            return new Network(encoder,
                    Mlp.simClr(init.at("projector"), encoder.features(), encoder.features(), PROJECTION));
        }
    }

    private final Tensor first, second;

    /// @param batch N, images; each is seen twice
    /// @param width channels of the stem; 64 in the paper
    public SimClrStepWork(Device device, int batch, int size, int width) {
        super(device, batch, size, width, () -> Network.of(device, width));
        this.first = input(1, batch, 3, size, size);
        this.second = input(2, batch, 3, size, size);
    }

    @Override
    Tensor loss() {
        Tensor h = network.encoder.apply(first.concat(0, second), Mode.TRAIN);             // (2N, F)
        return Losses.ntXent(network.projector.apply(h, Mode.TRAIN), TEMPERATURE);
    }

    @Override
    Workload of(Device on, int batch, int size, int width) {
        return new SimClrStepWork(on, batch, size, width);
    }

    @Override
    public String toString() {
        return "SimCLR step of ResNet-18" + onImages();
    }
}
