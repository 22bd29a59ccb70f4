package invar.nn;

import invar.core.Tensor;
import invar.nn.init.Init;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Deep residual networks (He, Zhang, Ren, Sun, CVPR 2016, arXiv:1512.03385, Table 1) up to the pooled features, with
/// torchvision's parameter names. x (N, C, H, W); y (N, features).
///
/// Bottleneck blocks have their stride in the 3 × 3 convolution (torchvision's "v1.5"), not in the first 1 × 1 as in
/// the paper. Convolutions start normal with variance 2 / (O kh kw), batch norms with γ = 1, β = 0.
///
/// @param pool the stem's max pooling, if any
public record ResNet(
        Conv2d conv1,
        Norm bn1,
        Optional<MaxPool2d> pool,
        List<Block> layer1,
        List<Block> layer2,
        List<Block> layer3,
        List<Block> layer4) implements Layer {

    /// The first layers, by the size of the images.
    public enum Stem {
        /// 7 × 7 with stride 2, then max pooling with stride 2: for about 224 pixels.
        IMAGENET,
        /// 3 × 3 with stride 1: for 32 pixels (SimCLR, App. B.9).
        CIFAR,
        /// 3 × 3 with stride 2: a quarter of the work of CIFAR, at some loss of accuracy.
        SMALL
    }

    /// The kind of residual block.
    public enum Kind { BASIC, BOTTLENECK }

    /// What a network is made of.
    ///
    /// @param kind             of all blocks
    /// @param blocks           how many in each of the four stages
    /// @param width            channels of the stem and of the first stage; doubled by each later stage
    /// @param stem             the first layers
    /// @param channels         of the images
    /// @param zeroInitResidual whether γ of each block's last batch norm starts at 0, so that every block starts as the
    ///                         identity (Goyal et al. 2017, arXiv:1706.02677, Sec. 5.1)
    /// @param norm             the normalisation after each convolution
    public record Spec(Kind kind, List<Integer> blocks, int width, Stem stem, int channels, boolean zeroInitResidual,
            Norm.Maker norm) {

        public Spec {
            blocks = List.copyOf(blocks);
            if (blocks.size() != 4 || blocks.stream().anyMatch(n -> n < 1)) {
                throw new IllegalArgumentException(
                        "a ResNet has four stages of at least one block each, not " + blocks);
            }
            if (width < 1 || channels < 1) {
                throw new IllegalArgumentException(
                        "width and channels of a ResNet must be at least 1 but are " + width + " and " + channels);
            }
        }

        /// Three channels, batch norm, γ from 1.
        public static Spec of(Kind kind, List<Integer> blocks, int width, Stem stem) {
            return new Spec(kind, blocks, width, stem, 3, false, BatchNorm::of);
        }

        /// The network of this many layers, by the tables of paper and torchvision: 10, 18 or 34 of basic blocks, 14,
        /// 26, 50, 101 or 152 of bottlenecks.
        public static Spec ofDepth(int depth, int width, Stem stem) {
            return switch (depth) {
                case 10 -> of(Kind.BASIC, List.of(1, 1, 1, 1), width, stem);
                case 18 -> of(Kind.BASIC, List.of(2, 2, 2, 2), width, stem);
                case 34 -> of(Kind.BASIC, List.of(3, 4, 6, 3), width, stem);
                case 14 -> of(Kind.BOTTLENECK, List.of(1, 1, 1, 1), width, stem);
                case 26 -> of(Kind.BOTTLENECK, List.of(2, 2, 2, 2), width, stem);
                case 50 -> of(Kind.BOTTLENECK, List.of(3, 4, 6, 3), width, stem);
                case 101 -> of(Kind.BOTTLENECK, List.of(3, 4, 23, 3), width, stem);
                case 152 -> of(Kind.BOTTLENECK, List.of(3, 8, 36, 3), width, stem);
                default -> throw new IllegalArgumentException(
                        "there is no ResNet-" + depth + ": depths are 10, 14, 18, 26, 34, 50, 101, 152");
            };
        }

        public Spec withChannels(int ofImages) {
            return new Spec(kind, blocks, width, stem, ofImages, zeroInitResidual, norm);
        }

        public Spec withZeroInitResidual(boolean zero) {
            return new Spec(kind, blocks, width, stem, channels, zero, norm);
        }

        public Spec withNorm(Norm.Maker other) {
            return new Spec(kind, blocks, width, stem, channels, zeroInitResidual, other);
        }
    }

    /// A residual block: y = relu(x + f(x)), with x through a 1 × 1 convolution and a norm where shapes differ.
    public sealed interface Block extends Layer permits BasicBlock, Bottleneck {
        /// Channels of y.
        int outChannels();
    }

    /// f = bn2 · conv2 · relu · bn1 · conv1, both 3 × 3. The sum and the last ReLU belong to bn2's pass.
    public record BasicBlock(
            Conv2d conv1, Norm bn1, Conv2d conv2, Norm bn2, Optional<Sequential> downsample)
            implements Block {

        static BasicBlock of(Init init, int in, int width, int stride, Spec spec) {
            return new BasicBlock(
                    Conv2d.of(init.at("conv1"), in, width, 3, stride, 1),
                    spec.norm.make(init.at("bn1"), width).withRelu(),
                    Conv2d.of(init.at("conv2"), width, width, 3, 1, 1), lastNorm(init.at("bn2"), width, spec),
                    shortcut(init, in, width, stride, spec));
        }

        @Override
        public int outChannels() {
            return conv2.weight().dim(0);
        }

        @Override
        public Tensor apply(Tensor x, Mode mode) {
            Tensor f = bn1.apply(conv1.apply(x, mode), mode);
            f = conv2.apply(f, mode);
            return bn2.apply(f, downsample.isPresent() ? downsample.get().apply(x, mode) : x, mode);
        }
    }

    /// f = bn3 · conv3 · relu · bn2 · conv2 · relu · bn1 · conv1, of 1 × 1, 3 × 3, 1 × 1; four times as many channels
    /// out. The sum and the last ReLU belong to bn3's pass.
    public record Bottleneck(
            Conv2d conv1, Norm bn1, Conv2d conv2, Norm bn2, Conv2d conv3, Norm bn3,
            Optional<Sequential> downsample) implements Block {

        static Bottleneck of(Init init, int in, int width, int stride, Spec spec) {
            int out = EXPANSION * width;
            return new Bottleneck(
                    Conv2d.of(init.at("conv1"), in, width, 1, 1, 0), spec.norm.make(init.at("bn1"), width).withRelu(),
                    Conv2d.of(init.at("conv2"), width, width, 3, stride, 1),
                    spec.norm.make(init.at("bn2"), width).withRelu(),
                    Conv2d.of(init.at("conv3"), width, out, 1, 1, 0), lastNorm(init.at("bn3"), out, spec),
                    shortcut(init, in, out, stride, spec));
        }

        @Override
        public int outChannels() {
            return conv3.weight().dim(0);
        }

        @Override
        public Tensor apply(Tensor x, Mode mode) {
            Tensor f = bn1.apply(conv1.apply(x, mode), mode);
            f = bn2.apply(conv2.apply(f, mode), mode);
            f = conv3.apply(f, mode);
            return bn3.apply(f, downsample.isPresent() ? downsample.get().apply(x, mode) : x, mode);
        }
    }

    private static final int EXPANSION = 4;          // of a bottleneck's channels

    /// A fresh network.
    public static ResNet of(Init init, Spec spec) {
        int width = spec.width, channels = spec.channels;
        Conv2d conv1 = switch (spec.stem) {
            case IMAGENET -> Conv2d.of(init.at("conv1"), channels, width, 7, 2, 3);
            case CIFAR -> Conv2d.of(init.at("conv1"), channels, width, 3, 1, 1);
            case SMALL -> Conv2d.of(init.at("conv1"), channels, width, 3, 2, 1);
        };
        Optional<MaxPool2d> pool = spec.stem == Stem.IMAGENET ? Optional.of(new MaxPool2d(3, 2, 1)) : Optional.empty();
        List<Block> layer1 = stage(init.at("layer1"), spec, 0, width);
        List<Block> layer2 = stage(init.at("layer2"), spec, 1, layer1.getLast().outChannels());
        List<Block> layer3 = stage(init.at("layer3"), spec, 2, layer2.getLast().outChannels());
        List<Block> layer4 = stage(init.at("layer4"), spec, 3, layer3.getLast().outChannels());
        return new ResNet(
                conv1, spec.norm.make(init.at("bn1"), width).withRelu(), pool, layer1, layer2, layer3, layer4);
    }

    private static List<Block> stage(Init init, Spec spec, int stage, int in) {
        List<Block> blocks = new ArrayList<>();
        int width = spec.width << stage;
        for (int i = 0; i < spec.blocks.get(stage); i++) {
            int stride = i == 0 && stage > 0 ? 2 : 1;
            int from = i == 0 ? in : blocks.getLast().outChannels();
            blocks.add(switch (spec.kind) {
                case BASIC -> BasicBlock.of(init.at(i), from, width, stride, spec);
                case BOTTLENECK -> Bottleneck.of(init.at(i), from, width, stride, spec);
            });
        }
        return List.copyOf(blocks);
    }

    private static Norm lastNorm(Init init, int channels, Spec spec) {
        Norm norm = spec.norm.make(init, channels).withRelu();
        if (spec.zeroInitResidual) norm.weight().orElseThrow().upload(new float[channels]);
        return norm;
    }

    private static Optional<Sequential> shortcut(Init init, int in, int out, int stride, Spec spec) {
        if (in == out && stride == 1) return Optional.empty();
        Init at = init.at("downsample");
        return Optional.of(Sequential.of(Conv2d.of(at.at(0), in, out, 1, stride, 0), spec.norm.make(at.at(1), out)));
    }

    /// Length of the feature vector.
    public int features() {
        return layer4.getLast().outChannels();
    }

    /// The last feature map, before pooling: (N, features, H', W').
    public Tensor featureMap(Tensor x, Mode mode) {
        Tensor y = bn1.apply(conv1.apply(x, mode), mode);
        if (pool.isPresent()) y = pool.get().apply(y, mode);
        for (List<Block> stage : List.of(layer1, layer2, layer3, layer4)) {
            for (Block block : stage) y = block.apply(y, mode);
        }
        return y;
    }

    @Override
    public Tensor apply(Tensor x, Mode mode) {
        return featureMap(x, mode).globalAvgPool();
    }
}
