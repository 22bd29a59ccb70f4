package invar.ssl.tune;

import invar.core.Device;
import invar.core.Philox;
import invar.core.Scope;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.nn.init.Initializer;
import invar.nn.optim.Schedule;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import invar.ssl.Losses;
import invar.ssl.probe.Accuracy;
import invar.ssl.probe.Embeddings;
import java.util.Arrays;
import java.util.Map;

/// What a linear classifier makes of frozen features: multinomial logistic regression,
/// ```
/// L = −1/N Σᵢ log softmax(W hᵢ + b)_{yᵢ}
/// ```
/// by stochastic gradient descent with momentum 0.9 from W = 0, b = 0. Zhang, Isola, Efros, ECCV 2016,
/// [arXiv:1603.08511](https://arxiv.org/abs/1603.08511), and nearly all papers since.
///
/// Departures:
/// - features are computed once, of the whole image: the papers augment the training images by crops and flips;
/// - the start is 0, where SimCLR's and Barlow Twins' is normal with deviation 0.01: the loss is convex.
public final class LinearProbe {

    /// Names the random streams that order the epochs.
    private static final long ORDER = -4;
    private static final double MOMENTUM = 0.9;

    /// What came out.
    ///
    /// @param accuracy share of held-out images whose class has the largest logit, in [0, 1]
    /// @param train    the same of the training images
    /// @param loss     mean over the steps of the last epoch, in nats
    /// @param weight   W (C, F), row-major, for the features as the recipe has them
    public record Result(double accuracy, double train, double loss, double[] weight) {}

    /// Features with the class of each row.
    public record Labelled(Embeddings features, int[] labels) {

        /// Checks that there is a label for each row.
        public Labelled {
            if (labels.length != features.count()) {
                throw new IllegalArgumentException(features.count() + " rows need as many labels, not "
                        + labels.length);
            }
        }

        private Labelled standardised(Standardised by) {
            return new Labelled(by.of(features), labels);
        }
    }

    private final ProbeRecipe recipe;
    private final int batch;
    private final long seed;
    private final Device device;

    /// @param batch N, rows a step; all rows, if there are fewer
    /// @param seed  of the order of the rows
    public LinearProbe(ProbeRecipe recipe, int batch, long seed, Device device) {
        if (batch < 1) throw new IllegalArgumentException("batch must be at least 1 but is " + batch);
        this.recipe = recipe;
        this.batch = batch;
        this.seed = seed;
        this.device = device;
    }

    /// Trains a classifier on the rows of `train` and measures it on those of `test`.
    ///
    /// @param classes C; labels are 0 … C − 1
    public Result measure(Labelled train, Labelled test, int classes) {
        if (!recipe.standardised()) return fit(train, test, classes);
        Standardised by = Standardised.by(train.features);
        return fit(train.standardised(by), test.standardised(by), classes);
    }

    private Result fit(Labelled train, Labelled test, int classes) {
        int n = train.features.count(), f = train.features.features(), rows = Math.min(batch, n);
        long stepsPerEpoch = n / rows;
        Linear linear = Linear.of(new Init(device, seed), f, classes, true, Initializer.ZEROS);
        Map<String, Tensor> parameters = Modules.parameters(linear);
        Sgd optimizer = new Sgd(parameters,
                new Sgd.Config(MOMENTUM, WeightDecay.ofWeights(recipe.weightDecay()), recipe.nesterov()));
        Schedule schedule = recipe.schedule(rows, stepsPerEpoch);
        Tensor h = device.persistent(() -> device.zeros(Shape.of(rows, f)));
        Tensor y = device.persistent(() -> device.integers(Shape.of(rows), new int[rows]));
        Tensor rate = device.persistent(() -> device.scalar(0));
        float[] taken = new float[rows * f];
        int[] labels = new int[rows];
        double sum = 0;
        try (Scope scope = device.scope()) {
            for (int epoch = 0; epoch < recipe.epochs(); epoch++) {
                int[] order = Philox.of(seed, ORDER, epoch).permutation(n);
                sum = 0;
                for (int step = 0; step < stepsPerEpoch; step++) {
                    scope.reset();
                    for (int i = 0; i < rows; i++) {
                        int row = order[step * rows + i];
                        System.arraycopy(train.features.rows(), row * f, taken, i * f, f);
                        labels[i] = train.labels[row];
                    }
                    h.upload(taken);
                    y.upload(labels);
                    rate.upload(schedule.at(epoch * stepsPerEpoch + step));
                    try (Tape tape = Tape.watching(parameters.values())) {
                        Tensor loss = Losses.crossEntropy(linear.apply(h, Mode.TRAIN), y);
                        optimizer.step(tape.gradients(loss), rate);
                        sum += loss.item();
                    }
                }
            }
        }
        return new Result(accuracy(linear, test), accuracy(linear, train), sum / stepsPerEpoch,
                linear.weight().doubles());
    }

    /// In passes of the batch, so that logits of large sets fit.
    private double accuracy(Linear linear, Labelled of) {
        int n = of.features.count(), f = of.features.features();
        double right = 0;
        try (Scope scope = device.scope()) {
            for (int from = 0; from < n; from += batch) {
                scope.reset();
                int to = Math.min(n, from + batch);
                Tensor h = device.tensor(Shape.of(to - from, f),
                        Arrays.copyOfRange(of.features.rows(), from * f, to * f));
                right += (to - from) * Accuracy.topK(linear.apply(h, Mode.EVAL),
                        Arrays.copyOfRange(of.labels, from, to), 1);
            }
        }
        return right / n;
    }
}
