package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.MemoryBank;
import invar.ssl.part.NoiseContrast;
import java.util.Map;
import java.util.Optional;

/// Instance discrimination: unsupervised feature learning via non-parametric instance discrimination. Wu, Xiong, Yu,
/// Lin, CVPR 2018, [arXiv:1805.01978](https://arxiv.org/abs/1805.01978), Eq. 1 to 10.
///
/// Every image is a class of its own, to be told from all others whatever the augmentation; images that look alike are
/// hard to tell apart and end up near each other. A class has a weight vector (`parametric`), or a row of the bank,
/// what the encoder made of the image before (`nonparametric`); `nce` compares with m random rows instead of all n.
/// Departures:
/// - the bank gets the mean of old and new feature, as in lemniscate.pytorch; the paper's is the new, `momentum` 0.
/// - `firstPass`: noise in the bank teaches noise until an image comes again. Of Z and ε: [NoiseContrast].
public final class InstanceDiscrimination implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("instdisc", "Instance discrimination",
            "Wu et al. 2018, arXiv:1805.01978", 2018, Needs.views(1).with("bank"), "ln n; nce: ln(m+1) + m ln(1+1/m)",
            Config.class, InstanceDiscrimination::new);

    /// What can be set.
    /// @param form `parametric` (Eq. 1), `nonparametric` (Eq. 2) or `nce` (Eq. 7, for ImageNet)
    /// @param projection D, the number of features (Sec. 4: 128)
    /// @param temperature τ > 0 (Sec. 4.2: 0.07; official README: 0.1 on CIFAR-10); none in the form `parametric`
    /// @param negatives m ≥ 1, noise samples of each image in the form `nce` (Sec. 4.2: 4096)
    /// @param momentum of the bank, 0 to 1 (official code, main.py: nce-m 0.5)
    /// @param proximal λ ≥ 0 (Eq. 9; the paper compares 0, 10, 30, 50; the official code has none)
    /// @param firstPass whether the bank begins with features of all images, not with noise (official code: no)
    public record Config(String form, int projection, double temperature, int negatives, double momentum,
            double proximal, boolean firstPass) {
        public Config {
            Range.oneOf("form", form, "parametric", "nonparametric", "nce");
            Range.width("projection", projection);
            Range.temperature("temperature", temperature);
            Range.atLeast("negatives", negatives, 1);
            Range.fraction("momentum", momentum);
            Range.notNegative("proximal", proximal);
            Range.that(!form.equals("nce") || temperature >= 0.02,
                    "temperature must be at least 0.02 with the form nce, for exp(1/τ), but is " + temperature);
            Range.that(!form.equals("parametric") || proximal == 0,
                    "proximal must be 0 with the form parametric, which keeps no features, but is " + proximal);
        }
    }

    /// fθ, its last layer being the projector, and what stands for the n classes.
    record Networks(Layer encoder, Mlp projector, Optional<Linear> w, Optional<MemoryBank> bank,
            Optional<NoiseContrast> contrast) {}

    private final Config config;
    private final int images;                            // n
    private final Networks networks;
    private Tensor v, index;                             // of this step, from loss to afterUpdate

    public InstanceDiscrimination(Config config, Setup setup) {
        int n = setup.images(), width = config.projection;
        boolean nce = config.form.equals("nce"), parametric = config.form.equals("parametric");
        MemoryBank.requireRoom(setup, width, nce);
        this.config = config;
        this.images = n;
        this.networks = new Networks(setup.encoder(),
                Mlp.of(setup.init().at("projector"), Mlp.Spec.of(setup.features(), width)),
                parametric ? Optional.of(Linear.of(setup.init().at("w"), width, n, false)) : Optional.empty(),
                parametric ? Optional.empty() : Optional.of(MemoryBank.of(setup.init().at("bank"), n, width)),
                nce ? Optional.of(NoiseContrast.of(setup, config.negatives, width)) : Optional.empty());
    }

    @Override
    public boolean observesFirst() {
        return config.firstPass && networks.bank.isPresent();
    }

    @Override
    public void observe(Views views, Step step) {
        networks.bank.orElseThrow().update(features(views.first(), Mode.TRAIN), views.index().orElseThrow(), 0);
    }

    @Override
    public void beforeStep(Step step) {
        networks.contrast.ifPresent(contrast -> contrast.draw(step.random("noise"), images));     // j ~ Pₙ = 1/n
    }

    @Override
    public Tensor loss(Views views, Step step) {
        index = views.index().orElseThrow();                                        // i
        v = features(views.first(), Mode.TRAIN);                                    // v = fθ(xᵢ)            (N, D)
        if (networks.w.isPresent()) return Losses.crossEntropy(networks.w.get().apply(v, Mode.TRAIN), index);  // Eq. 1
        MemoryBank bank = networks.bank.orElseThrow();
        Tensor loss = networks.contrast.isPresent()
                ? networks.contrast.get().loss(bank, v, index, config.temperature)        // J_NCE, Eq. 7
                : Losses.crossEntropy(bank.logits(v, config.temperature), index);         // −log P(i|v), Eq. 2
        return config.proximal == 0 ? loss
                : loss.add(Losses.proximal(v, bank.of(index), config.proximal));          // λ ‖v⁽ᵗ⁾ − v⁽ᵗ⁻¹⁾‖², Eq. 9
    }

    @Override
    public void afterUpdate(Step step) {
        networks.bank.ifPresent(bank -> bank.update(v, index, config.momentum));    // fᵢ ← v, on average
    }

    private Tensor features(Tensor x, Mode mode) {
        Tensor f = networks.projector.apply(networks.encoder.apply(x, mode), mode);
        return networks.bank.isPresent() ? Losses.normalize(f) : f;
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

    @Override
    public Optional<Mlp> head() {
        return Optional.of(networks.projector);
    }

    @Override
    public Tensor embed(Tensor pictures) {
        return features(pictures, Mode.EVAL);
    }

    /// ln n: all images equally likely; with noise that of [NoiseContrast].
    @Override
    public double chanceLevel(int batch) {
        return networks.contrast.map(NoiseContrast::chanceLevel).orElse(Math.log(images));
    }
}
