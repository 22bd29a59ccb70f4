package invar.ssl.method;

import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.ContextNetwork;
import invar.ssl.part.PatchGrid;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// CPC v2: data-efficient image recognition with contrastive predictive coding.
/// Hénaff, Srinivas, De Fauw, Razavi, Doersch, Eslami, van den Oord, ICML 2020,
/// [arXiv:1905.09272](https://arxiv.org/abs/1905.09272), pseudocode of the appendix; the loss is InfoNCE, Eq. 4 of van
/// den Oord, Li, Vinyals 2018, [arXiv:1807.03748](https://arxiv.org/abs/1807.03748).
///
/// From the patches in the upper part of an image, tell which of all patches of the batch lies some rows below; and so
/// in all four directions. Features are neither normalised nor divided by a temperature.
/// The presets have layer norm: batch norm may tell which patches belong together, see `ssl study cpc-batch-norm`.
///
/// Departures:
/// - the mean over predictions, distances and directions in place of sums, so that chance is ln of the candidates;
/// - the representation h is the encoder's on a whole image, not the mean over its patches;
/// - no moving average (Polyak's) of the weights.
public final class Cpc implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("cpc", "CPC v2",
            "Hénaff et al. 2020, arXiv:1905.09272", 2020, Needs.views(1).ofPieces("patches"), "ln(N G²)",
            Config.class, Cpc::new);

    /// What can be set.
    ///
    /// @param grid G, patches on each side of the mosaic that the augmentation makes (paper: 6)
    /// @param context channels inside of the context network (pseudocode: 256)
    /// @param blocks of the context network, 1 to 1000 (pseudocode: 5)
    /// @param target features that are compared (pseudocode: `target_dim` 64)
    /// @param embScale > 0, the factor of predictions that keeps logits small (pseudocode: `emb_scale` 0.1)
    /// @param stepsToIgnore next rows that are not predicted, as they overlap (pseudocode: `steps_to_ignore` 2)
    /// @param stepsToPredict the last row ahead that is, below G (pseudocode: `steps_to_predict` 3)
    public record Config(int grid, int context, int blocks, int target, double embScale, int stepsToIgnore,
            int stepsToPredict) implements Gridded {

        /// Checks the ranges.
        public Config {
            Range.atLeast("grid", grid, 2);
            Range.width("context", context);
            Range.product("3 × context × context", 3, context, context);
            Range.count("blocks", blocks, 1);
            Range.width("target", target);
            Range.positive("embScale", embScale);
            Range.atLeast("stepsToIgnore", stepsToIgnore, 0);
            Range.that(stepsToPredict > stepsToIgnore && stepsToPredict < grid, "stepsToPredict must be above "
                    + "stepsToIgnore, " + stepsToIgnore + ", and below grid, " + grid + ", but is " + stepsToPredict);
        }
    }

    /// What predicts in one direction: a context network g, a map of targets and, for each distance k, W_k.
    public record Direction(ContextNetwork context, Linear target, List<Linear> predictions) {}

    /// f of the paper, and what predicts downwards, to the right, upwards and to the left.
    public record Networks(Layer encoder, List<Direction> directions) {}

    private static final int DIRECTIONS = 4;
    private final Config config;
    private final PatchGrid grid;
    private final Networks networks;
    private final List<Tensor> turned;       // of each direction, (N G²): where its patches are
    private final List<Tensor> below;        // of each distance k, (N (G − k) G): which patch is the right one

    /// Four context networks over the encoder of the setup.
    public Cpc(Config config, Setup setup) {
        this.config = config;
        this.grid = new PatchGrid(config.grid);
        Setup.require(Math.pow((double) setup.batch() * grid.patches(), 2) < Integer.MAX_VALUE, "The square of batch × "
                + "grid² must be below 2^31, but batch is " + setup.batch() + " and grid is " + config.grid + ".");
        Setup.requireFits("batch × grid² × target", setup.batch(), grid.patches(), config.target);
        Init init = setup.init().at("directions");
        int[] distances = IntStream.rangeClosed(config.stepsToIgnore + 1, config.stepsToPredict).toArray();
        this.networks = new Networks(setup.encoder(), IntStream.range(0, DIRECTIONS)
                .mapToObj(d -> direction(init.at(d), setup.features(), distances)).toList());
        int n = setup.batch();
        this.turned = IntStream.range(0, DIRECTIONS).mapToObj(d -> constant(setup, grid.turned(n, d))).toList();
        this.below = Arrays.stream(distances).mapToObj(k -> constant(setup, grid.below(n, k))).toList();
    }

    private Direction direction(Init init, int features, int[] distances) {
        Initializer weights = new Initializer.TruncatedNormal(1 / Math.sqrt(features), 2);
        return new Direction(ContextNetwork.of(init.at("context"), features, config.context, config.blocks),
                Linear.of(init.at("target"), features, config.target, true, weights),
                Arrays.stream(distances).mapToObj(k -> Linear.of(init.at("predictions").at(k), features, config.target,
                        true, weights)).toList());
    }

    private static Tensor constant(Setup setup, int[] values) {
        return setup.init().device().persistent(() -> setup.init().device().integers(Shape.of(values.length), values));
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor z = networks.encoder.apply(grid.cut(views.first()), Mode.TRAIN);        // (N G², F)   z = f(x)
        Tensor loss = z.device().zeros(Shape.of());
        for (int d = 0; d < DIRECTIONS; d++) {
            Direction way = networks.directions.get(d);
            Tensor ahead = z.gather(turned.get(d));                                    // this direction is downwards
            Tensor c = way.context.apply(grid.maps(ahead), Mode.TRAIN);                // (N, F, G, G)   c = g(z)
            Tensor targets = way.target.apply(ahead, Mode.TRAIN);                      // (N G², T)   all candidates
            for (int i = 0; i < below.size(); i++) {
                Tensor above = grid.above(c, config.stepsToIgnore + 1 + i);            // (N (G − k) G, F)
                Tensor predicted = way.predictions.get(i).apply(above, Mode.TRAIN);    // ẑ = W_k c
                Tensor logits = predicted.scale(config.embScale).matmulT(targets);     // (N (G − k) G, N G²)
                loss = loss.add(Losses.crossEntropy(logits, below.get(i)));            // Eq. 4
            }
        }
        return loss.scale(1.0 / (DIRECTIONS * below.size()));
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

    /// ln(N G²): all patches of the batch equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log((double) images * grid.patches());
    }
}
