package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import invar.benchmarks.work.Inputs;
import invar.benchmarks.work.ResNetStepWork;
import invar.core.Device;
import invar.core.Tensor;
import invar.nn.Modules;
import java.util.LinkedHashMap;
import java.util.Map;

/// A training step of ResNet-18 with the CIFAR stem in libtorch, from the same weights as ours.
final class TorchResNet extends TorchJob {

    private final Map<String, NDArray> parameters = new LinkedHashMap<>(), velocities = new LinkedHashMap<>();
    private final Map<String, NDArray> leaves = new LinkedHashMap<>();
    private final Map<String, NDArray> means = new LinkedHashMap<>(), variances = new LinkedHashMap<>();
    private final NDArray images, targets;
    private final int batch;

    TorchResNet(NDManager manager, int batch, int size, int width, boolean channelsLast) {
        super(manager);
        this.batch = batch;
        NDArray x = input(Inputs.normal(1, batch * 3 * size * size), batch, 3, size, size);
        images = channelsLast ? channelsLast(x) : x;
        float[] oneHot = new float[batch * ResNetStepWork.CLASSES];
        int[] labels = Inputs.labels(2, batch, ResNetStepWork.CLASSES);
        for (int i = 0; i < batch; i++) oneHot[i * ResNetStepWork.CLASSES + labels[i]] = 1;
        targets = input(oneHot, batch, ResNetStepWork.CLASSES);
        try (Device cpu = Device.open("cpu")) {
            Modules.parameters(ResNetStepWork.Network.of(cpu, width)).forEach((name, p) -> add(name, p, channelsLast));
        }
    }

    private void add(String name, Tensor ours, boolean channelsLast) {
        long[] extents = new long[ours.shape().rank()];
        for (int i = 0; i < extents.length; i++) extents[i] = ours.dim(i);
        NDArray p = input(ours.floats(), extents), v = input(new float[ours.size()], extents);
        boolean filters = channelsLast && extents.length == 4;
        parameters.put(name, filters ? channelsLast(p) : p);
        velocities.put(name, filters ? channelsLast(v) : v);
        if (extents.length == 1 && name.endsWith(".weight")) {                 // γ of a batch norm
            String norm = name.substring(0, name.length() - ".weight".length());
            means.put(norm, zeros(extents));
            variances.put(norm, ones(extents));
        }
    }

    @Override
    boolean training() {
        return true;
    }

    @Override
    NDArray[] compute() {
        parameters.forEach((name, p) -> leaves.put(name, leaf(p)));
        NDArray loss = recorded(this::loss);
        backward(loss);
        parameters.forEach((name, p) -> TorchOps.update(p, leaves.get(name).getGradient(), velocities.get(name),
                ResNetStepWork.RATE, ResNetStepWork.DECAY, ResNetStepWork.MOMENTUM));
        return new NDArray[] {here(loss)};
    }

    private NDArray loss() {
        NDArray y = relu(norm("encoder.bn1", convolution("encoder.conv1", here(images), 1, 1)));
        for (int stage = 1; stage <= 4; stage++) {
            for (int block = 0; block < 2; block++) {
                y = block("encoder.layer" + stage + "." + block, y, stage > 1 && block == 0 ? 2 : 1);
            }
        }
        Shape s = y.getShape();
        NDArray features = y.reshape(s.get(0), s.get(1), s.get(2) * s.get(3)).mean(new int[] {2});
        NDArray logits = features.matMul(leaves.get("head.weight").transpose()).add(leaves.get("head.bias"));
        return logits.logSoftmax(1).mul(targets).sum().mul(-1f / batch);
    }

    private NDArray block(String name, NDArray x, int stride) {
        NDArray f = relu(norm(name + ".bn1", convolution(name + ".conv1", x, stride, 1)));
        f = norm(name + ".bn2", convolution(name + ".conv2", f, 1, 1));
        boolean same = !parameters.containsKey(name + ".downsample.0.weight");
        NDArray shortcut = same ? x : norm(name + ".downsample.1", convolution(name + ".downsample.0", x, stride, 0));
        return relu(f.addi(shortcut));
    }

    private NDArray convolution(String name, NDArray x, int stride, int padding) {
        return TorchConv.convolution(x, leaves.get(name + ".weight"), new Shape(stride, stride),
                new Shape(padding, padding));
    }

    private NDArray norm(String name, NDArray x) {
        return batchNorm(x, means.get(name), variances.get(name), leaves.get(name + ".weight"),
                leaves.get(name + ".bias"));
    }

    private static NDArray relu(NDArray x) {
        return x.getNDArrayInternal().relu();
    }
}
