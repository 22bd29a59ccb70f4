package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.Rotations;
import java.util.Map;

/// RotNet: unsupervised representation learning by predicting image rotations.
/// Gidaris, Singh, Komodakis, ICLR 2018, [arXiv:1803.07728](https://arxiv.org/abs/1803.07728), Eq. 2 and 3.
///
/// Who says by which of four angles a picture was turned must know what is in it and how that usually stands. All four
/// turns of every image are in one batch. Discs, textures and aerial photos have no right answer.
///
/// The augmentation comes before the turns, so that the four copies of an image share crop and flip; why a flip must
/// not come after them: [Rotations].
///
/// Departures:
/// - the encoder is any network whose features are averages over the image; in the paper a Network in Network
///   (CIFAR-10) or AlexNet (ImageNet);
/// - what is kept is the last representation. The paper's best features are in the middle of the network (its second
///   block), because the last layers know much about angles;
/// - classes are counted from 0, which is the image as it was.
public final class RotNet implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("rotnet", "RotNet",
            "Gidaris et al. 2018, arXiv:1803.07728", 2018, Needs.views(1).standing(), "ln 4",
            Config.class, RotNet::new);

    /// Nothing can be set: the number of angles is four (Sec. 2.2; two or eight are worse, Table 2).
    public record Config() {}

    /// The encoder, and the linear classifier of angles: F(·) is one after the other.
    public record Networks(Layer encoder, Linear classifier) {}

    private final Networks networks;
    private final Rotations rotations;
    private final Tensor labels;                              // (4N), I32: 0, 1, 2, 3, 0, …

    /// A classifier of angles over the encoder of the setup.
    ///
    /// @throws invar.ssl.UserError if all turns of a batch have more values than a tensor
    public RotNet(Config config, Setup setup) {
        Setup.requireFits("12 × batch × imageSize²", 12, setup.batch(), setup.side(), setup.side());
        this.networks = new Networks(setup.encoder(),
                Linear.of(setup.init().at("classifier"), setup.features(), Rotations.COUNT, true));
        this.rotations = Rotations.of(setup.init().device(), setup.side());
        this.labels = setup.integers(Rotations.COUNT * setup.batch());
        labels.upload(Rotations.labels(setup.batch()));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor x = rotations.all(views.first());                        // g(Xᵢ|y), y = 0 … 3        (4N, 3, S, S)
        Tensor h = networks.encoder.apply(x, Mode.TRAIN);               // the representation, kept   (4N, F)
        Tensor logits = networks.classifier.apply(h, Mode.TRAIN);       // F(g(Xᵢ|y) | θ)             (4N, 4)
        return Losses.crossEntropy(logits, labels);                     // −1/4N Σᵢ Σ_y log F^y(g(Xᵢ|y) | θ)
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(networks);
    }

    @Override
    public Layer encoder() {
        return networks.encoder;
    }

    /// ln 4: all angles equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log(Rotations.COUNT);
    }
}
