package invar.ssl.tune;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.ClusterLabels;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// Fine-tuning on few labels, the second step of SimCLR v2: big self-supervised models are strong semi-supervised
/// learners. Chen, Kornblith, Swersky, Norouzi, Hinton, NeurIPS 2020,
/// [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Sec. 2.
///
/// A pretrained encoder, with the first K layers of its projection head, and a new linear classifier are trained
/// together by
/// ```
/// L = −1/N Σᵢ log softmax(f^task(xᵢ))_{yᵢ}
/// ```
/// on crops and mirror images of the labelled images. What pretraining threw away after the encoder is worth keeping in
/// part: with few labels, the head's first layer helps.
///
/// Departures:
/// - residual networks without selective kernels;
/// - LARS leaves out the classifier's weights, as in the official code (`head_supervised` in the list of exclusions of
///   model.py), of which the paper does not speak: from 0, a step in proportion to their norm would not move them.
public final class FineTune implements SslMethod {

    /// The name of such runs in their `config.yaml`.
    public static final String NAME = "finetune";

    /// What can be set beside the optimizer.
    ///
    /// @param run            folder of the pretraining run
    /// @param fromHead       K, layers of the projection head that are kept (in the paper 1 where 1 % or 10 %
    ///                       have labels, 0 where all have)
    /// @param fromScratch    whether the weights of the run are left out, and a network like it starts at random
    /// @param classifierRate > 0, the classifier's learning rate as a multiple of that of the other parts (here 1;
    ///                       facebookresearch/barlowtwins, evaluate.py: 100)
    public record Config(String run, int fromHead, boolean fromScratch, double classifierRate) {

        /// What is not given in a file of settings.
        static final Config DEFAULTS = new Config("", 0, false, 1);

        /// Checks the ranges.
        public Config {
            if (fromHead < 0) throw new IllegalArgumentException("fromHead must be at least 0 but is " + fromHead);
            if (!(classifierRate > 0 && Double.isFinite(classifierRate))) {
                throw new IllegalArgumentException("classifierRate must be a number > 0 but is " + classifierRate);
            }
        }
    }

    private final Config config;
    private final TaskNetwork network;
    private final ClusterLabels labels;

    /// @param network to train
    /// @param labels  the class of each image of the run, all from 0 to C − 1
    public FineTune(Config config, TaskNetwork network, int[] labels, Setup setup) {
        Setup.require(network.classes() >= 2, "A classifier needs at least two classes, but the data have "
                + network.classes() + ".");
        this.config = config;
        this.network = network;
        this.labels = ClusterLabels.of(setup.init().device(), labels.length, network.classes());
        this.labels.replace(IntStream.range(0, labels.length).toArray(), labels);
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor logits = network.apply(views.first(), Mode.TRAIN);              // f^task(xᵢ)   (N, C)
        return labels.crossEntropy(logits, views.index().orElseThrow());                // −log P(yᵢ | xᵢ), mean
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(network);
    }

    /// The pretrained part, and the classifier.
    @Override
    public List<ParameterGroup> groups() {
        return Groups.of(network, config.classifierRate);
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(network);
    }

    @Override
    public Layer encoder() {
        return network.encoder();
    }

    @Override
    public Optional<Layer> classifier() {
        return Optional.of(network);
    }

    /// The network that is trained.
    public TaskNetwork network() {
        return network;
    }

    /// ln C: all classes equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log(network.classes());
    }
}
