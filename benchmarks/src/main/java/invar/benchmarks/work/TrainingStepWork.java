package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Modules;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import java.util.Map;
import java.util.function.Supplier;

/// A training step of ResNet-18 with the CIFAR stem: forward, a loss, backward, SGD with momentum 0.9 and weight decay
/// 5e-4.
abstract class TrainingStepWork<N extends Record> extends Workload {

    /// Learning rate, momentum, weight decay.
    public static final double RATE = 0.05, MOMENTUM = 0.9, DECAY = 5e-4;

    /// Images.
    final int batch;
    /// Pixels of a side.
    final int size;
    /// Channels of the stem.
    final int width;
    /// What is trained.
    final N network;
    private final Optimizer optimizer;
    private final Tensor rate;

    TrainingStepWork(Device device, int batch, int size, int width, Supplier<N> network) {
        super(device);
        this.batch = batch;
        this.size = size;
        this.width = width;
        this.network = device.persistent(network);
        this.optimizer = new Sgd(Modules.parameters(this.network),
                new Sgd.Config(MOMENTUM, WeightDecay.ofAll(DECAY), false));
        this.rate = input(new float[] {(float) RATE});
    }

    /// The loss of the network as it is.
    abstract Tensor loss();

    /// The same with other sizes.
    abstract Workload of(Device on, int batch, int size, int width);

    /// What another library begins with, by name; `encoder.conv1.weight` and so on, as in PyTorch's ResNets.
    public final Map<String, Tensor> parameters() {
        return optimizer.parameters();
    }

    @Override
    protected final Tensor[] compute() {
        try (Tape tape = Tape.watching(optimizer.parameters().values())) {
            Tensor loss = loss();
            optimizer.step(tape.gradients(loss), rate);
            return new Tensor[] {loss};
        }
    }

    @Override
    protected final Workload small(Device on) {
        return of(on, Math.min(batch, 6), Math.min(size, 8), Math.min(width, 4));
    }

    /// A step later the loss on the same images is another number; the comparison with other libraries checks which.
    @Override
    protected final void inspect(Tensor[] out, Guard guard) {
        double before = out[0].item(), after = call()[0].item();
        if (!Double.isFinite(after) || after == before) {
            throw new IllegalStateException(this + ": after a step the loss is " + after + " and was " + before);
        }
    }

    /// Twenty layers of batch norm over small batches each multiply what rounding did before them.
    @Override
    protected final double tolerance() {
        return 2e-3;
    }

    @Override
    protected final double amplification() {
        return 64;
    }

    final String onImages() {
        return ", width " + width + ", on " + batch + " images of " + size + " pixels";
    }
}
