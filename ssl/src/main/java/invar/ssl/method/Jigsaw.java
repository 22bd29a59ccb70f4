package invar.ssl.method;

import invar.core.Philox;
import invar.core.Tensor;
import invar.nn.BatchNorm;
import invar.nn.Layer;
import invar.nn.Mlp;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Losses;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.Permutations;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/// Jigsaw, the context-free network: unsupervised learning of visual representations by solving jigsaw puzzles.
/// Noroozi, Favaro, ECCV 2016, [arXiv:1603.09246](https://arxiv.org/abs/1603.09246), Sec. 3 and Algorithm 1.
///
/// The nine tiles of an image are shuffled in one of P known ways; who says in which one must know what parts things
/// have, and where. Each tile passes the encoder alone, so only what the encoder says about it can tell.
///
/// The view is a mosaic of tiles in their places, with gaps between what they show and each standardised by itself:
/// augmentation `jigsaw`. Whole images (`none`) are cut into nine as they are, for study; then edges go on from tile to
/// tile, and the puzzle is solved without a look at the things. After training, the encoder is given whole images.
///
/// Departures:
/// - the encoder is any network, not an AlexNet up to fc6. It has batch norm, with statistics over all tiles of the
///   batch, and so have the layers after it, as VISSL's;
/// - the channels of an image are not shifted against each other, as the paper does because of lenses.
public final class Jigsaw implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("jigsaw", "Jigsaw",
            "Noroozi, Favaro 2016, arXiv:1603.09246", 2016,
            Needs.views(1).ofPieces("tiles").with("permutations"), "ln P", Config.class, Jigsaw::new);

    /// What can be set.
    ///
    /// @param permutations P, 2 to 10000, the number of ways to shuffle (paper: 1000; VISSL's best is 100)
    /// @param selection    how they are chosen: `max_avg` (Algorithm 1) or `max_min`; see [Permutations.Rule]
    /// @param projection   features of each tile that are put side by side (Sec. 3.1, fc6: 512; VISSL: 1000)
    /// @param hidden       width of the layer between them and the classes (Sec. 3.1, fc7: 4096); 0: none, as in VISSL
    public record Config(int permutations, String selection, int projection, int hidden)
            implements Gridded {

        /// Checks the ranges.
        public Config {
            Range.that(permutations >= 2 && permutations <= 10_000,
                    "permutations must be 2 to 10000 but is " + permutations);
            Range.oneOf("selection", selection, "max_avg", "max_min");
            Range.width("projection", projection);
            if (hidden != 0) Range.width("hidden", hidden);
            if (hidden != 0) Range.product("9 × projection × hidden", TILES, projection, hidden);
            else Range.product("9 × projection × permutations", TILES, projection, permutations);
        }

        @Override
        public int grid() {
            return GRID;
        }
    }

    /// The encoder and fc6, shared by all tiles; fc7 and fc8, which see all tiles of an image; the set of orders.
    public record Networks(Layer encoder, Mlp projector, Mlp classifier, Permutations permutations) {}

    private static final int GRID = 3, TILES = GRID * GRID;

    private final Networks networks;
    private final Tensor rows;                                // (9N), I32: the tile at each place
    private final Tensor labels;                              // (N), I32: the order of each image, 0 … P − 1

    /// Heads over the encoder of the setup, and a set of orders that is a function of the seed.
    public Jigsaw(Config config, Setup setup) {
        Mlp.Spec projector = Mlp.Spec.of(setup.features(), config.projection).withOutputBias(false)
                .withOutputNorm(BatchNorm.Affine.SCALE_AND_SHIFT);
        int side = TILES * config.projection, p = config.permutations;
        Mlp.Spec classifier = config.hidden == 0 ? Mlp.Spec.of(side, p) : Mlp.Spec.of(side, config.hidden, p);
        Permutations.Rule rule = Permutations.Rule.valueOf(config.selection.toUpperCase(Locale.ROOT));
        int[][] set = Permutations.search(TILES, p, rule,
                Philox.of(setup.init().seed(), "permutations".hashCode()));
        this.networks = new Networks(setup.encoder(), Mlp.of(setup.init().at("projector"), projector),
                Mlp.of(setup.init().at("classifier"), classifier), Permutations.of(setup.init().device(), set));
        this.rows = setup.integers(TILES * setup.batch());
        this.labels = setup.integers(setup.batch());
    }

    /// Draws an order for each image.
    @Override
    public void beforeStep(Step step) {
        Philox random = step.random("orders");
        shuffle(IntStream.range(0, labels.size()).map(i -> random.nextInt(networks.permutations.count())).toArray());
    }

    /// Image i is to have order `chosen[i]`, which is then its label.
    void shuffle(int[] chosen) {
        labels.upload(chosen);
        rows.upload(networks.permutations.rows(chosen));
    }

    /// The order of each image of this step, its label.
    int[] chosen() {
        return labels.integers();
    }

    @Override
    public Tensor loss(Views views, Step step) {
        Tensor x = shuffled(views.first());                             // x_π(1) … x_π(9), π = P_k   (9N, 3, t, t)
        Tensor h = networks.encoder.apply(x, Mode.TRAIN);               // each tile for itself       (9N, F)
        Tensor z = networks.projector.apply(h, Mode.TRAIN).relu();      // fc6                        (9N, D)
        Tensor all = z.reshape(views.images(), -1);                     // side by side               (N, 9D)
        Tensor logits = networks.classifier.apply(all, Mode.TRAIN);     // fc7, fc8                   (N, P)
        return Losses.crossEntropy(logits, labels);                     // −log p(k | x_π(1) … x_π(9))
    }

    /// The tiles of each mosaic (N, 3, 3t, 3t), in the order drawn for it: (9N, 3, t, t), nine rows an image.
    Tensor shuffled(Tensor mosaic) {
        int n = mosaic.dim(0), channels = mosaic.dim(1), side = mosaic.dim(2), t = side / GRID;
        Setup.require(side % GRID == 0, "The augmentation of jigsaw must make views of 3 × 3 tiles, but " + side
                + " pixels are not a multiple of 3: use --augment jigsaw.");
        return mosaic.reshape(n, channels, GRID, t, GRID, t).permute(0, 2, 4, 1, 3, 5)       // (N, 3, 3, 3, t, t)
                .reshape(n * TILES, channels, t, t).gather(rows);
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

    /// ln P: all orders equally likely.
    @Override
    public double chanceLevel(int images) {
        return Math.log(networks.permutations.count());
    }
}
