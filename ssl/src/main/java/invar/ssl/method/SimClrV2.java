package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Buffer;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.ContrastiveMemory;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// SimCLR v2, its pretraining: big self-supervised models are strong semi-supervised learners. Chen, Kornblith,
/// Swersky, Norouzi, Hinton, NeurIPS 2020, [arXiv:2006.10029](https://arxiv.org/abs/2006.10029), Sec. 2.1.
///
/// SimCLR with a deeper projection head, so that a classifier can later be fine-tuned from the head's first layer, and
/// optionally with a memory of K more negatives, which a second network makes. The paper describes that memory in two
/// sentences; what loss results here, [ContrastiveMemory] says. Without a memory it is SimCLR's.
///
/// Departures:
/// - residual networks without selective kernels; as in [SimClr], the loss is a mean where the official code adds.
public final class SimClrV2 implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("simclrv2", "SimCLR v2",
            "Chen et al. 2020, arXiv:2006.10029", 2020,
            Needs.views(2).with("queue and momentum network if memory > 0"), "ln(2N − 1 + K)",
            Config.class, SimClrV2::new);

    /// What can be set.
    ///
    /// @param hidden width of the head's hidden layers (Sec. 2.1: that of the representation, 2048)
    /// @param projection D, the number of features the loss compares (official code, run.py: proj_out_dim 128)
    /// @param layers of the head, 2 to 1000 (Sec. 2.1: 3, where SimCLR has 2)
    /// @param temperature τ > 0 (App. A: 0.1)
    /// @param memory K, rows of the memory, a multiple of 2N; 0 for none (App. D: 64 K)
    /// @param decay of the second network, 0 to 1 (App. D: 0.999)
    public record Config(int hidden, int projection, int layers, double temperature, int memory, double decay) {

        /// Checks the ranges.
        public Config {
            Range.count("layers", layers, 2);
            Range.layers("hidden, projection", hidden, projection);
            if (layers > 2) Range.product("hidden × hidden", hidden, hidden);
            Range.temperature("temperature", temperature);
            Range.atLeast("memory", memory, 0);
            Range.fraction("decay", decay);
        }
    }

    /// f and g of the paper: h = f(x), z = g(h).
    record Networks(Layer encoder, Mlp projector) implements Layer {
        @Override
        public Tensor apply(Tensor x, Mode mode) {
            return projector.apply(encoder.apply(x, mode), mode);
        }
    }

    private record All(Layer encoder, Mlp projector, @Buffer Optional<ContrastiveMemory> memory) {}

    private final Config config;
    private final Networks networks;
    private final Optional<ContrastiveMemory> memory;
    private final Schedule decay;
    private Tensor x;                                    // of this step, from loss to afterUpdate

    /// A projection head over the encoder of the setup, and the memory.
    public SimClrV2(Config config, Setup setup) {
        Setup.require(config.memory % (2 * setup.batch()) == 0, "memory must be a multiple of the batch's views, 2 × "
                + setup.batch() + ", but is " + config.memory + ".");
        this.config = config;
        this.decay = Schedule.constant(config.decay);
        Integer[] widths = new Integer[config.layers + 1];
        Arrays.fill(widths, config.hidden);
        widths[0] = setup.features();
        widths[config.layers] = config.projection;
        this.networks = new Networks(setup.encoder(), Mlp.simClr(setup.init().at("projector"), widths));
        this.memory = config.memory == 0 ? Optional.empty() : Optional.of(ContrastiveMemory.of(networks, setup,
                config.memory, config.projection));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        x = views.first().concat(0, views.second());                  // (2N, 3, H, W)
        Tensor z = networks.apply(x, Mode.TRAIN);                     // zᵢ = g(f(x̃ᵢ))                 (2N, D)
        return memory.isEmpty() ? Losses.ntXent(z, config.temperature) : memory.get().loss(z, config.temperature);
    }

    @Override
    public void afterUpdate(Step step) {
        memory.ifPresent(m -> m.follow(networks, x, step.value(decay)));
    }

    @Override
    public Map<String, Tensor> parameters() {
        return Modules.parameters(networks);
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(new All(networks.encoder, networks.projector, memory));
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
    public Tensor embed(Tensor images) {
        return networks.apply(images, Mode.EVAL);
    }

    /// ln(2N − 1 + K): all candidates equally similar.
    @Override
    public double chanceLevel(int images) {
        return Math.log(2.0 * images - 1 + config.memory);
    }
}
