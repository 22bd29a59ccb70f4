package invar.ssl.method;


import invar.core.Device;
import invar.core.Philox;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import invar.nn.init.Init;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import invar.ssl.data.Shapes;
import invar.ssl.train.ConfigFile;
import invar.ssl.train.Encoders;
import invar.ssl.train.EpochMetrics;
import invar.ssl.train.Feed;
import invar.ssl.train.TrainConfig;
import invar.ssl.train.Trainer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// A method in small: over noise for tests of its formulas, and in runs of a moment. What a test class of a method may
/// change of it are the methods without arguments.
abstract class MethodRuns {

    /// Images of a batch in the tests in double precision.
    protected static final int IMAGES = 6;
    protected static final int CLASSES = 10;

    protected final String name;
    protected final Map<String, Object> settings;

    /// @param name     as typed
    /// @param settings those that make it small; defaults for the rest
    protected MethodRuns(String name, Map<String, Object> settings) {
        this.name = name;
        this.settings = settings;
    }

    /// The augmentation of the runs.
    protected String augment() {
        return "drawings";
    }

    /// Height and width of each global view in the tests without data.
    protected int side() {
        return 8;
    }

    /// The sizes of the small crops in the tests without data.
    protected List<Integer> localSides() {
        return List.of();
    }

    /// The encoder of all tests but [MethodContract#learnsASmallSetByHeart]: two channels wide in the first stage.
    protected TrainConfig.EncoderConfig encoder() {
        return new TrainConfig.EncoderConfig("resnet10", 2, "small");
    }

    /// How the runs are optimized.
    protected TrainConfig.Optimization optimization() {
        return new TrainConfig.Optimization("sgd", 0.01, 0.9, 1e-3, false, 1);
    }

    /// The run of the tests of continuing and of the ten losses: three epochs and more of 33 images of 9 × 9 pixels.
    protected TrainConfig tenSteps() {
        return new TrainConfig(name, settings, "shapes", 9, augment(), new TrainConfig.Labels(0.5, 5), encoder(),
                optimization(), 8, 4, 17);
    }

    /// A run over 512 images of 16 × 16 pixels: 25 epochs of 8 steps.
    protected TrainConfig byHeart(Map<String, Object> settings, String augment, double lr) {
        return new TrainConfig(name, settings, "shapes", 16, augment, new TrainConfig.Labels(0.5, 32),
                new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("sgd", lr, 0.9, 1e-4, false, 2), 64, 25, 17);
    }

    /// A method of these settings over a fresh encoder.
    protected SslMethod method(Device device, Map<String, Object> with) {
        return method(device, with, IMAGES);
    }

    /// The same for batches of so many images, and a data set twice as large.
    protected SslMethod method(Device device, Map<String, Object> with, int images) {
        TrainConfig config = tenSteps().withSettings(with);
        Encoders.Encoder encoder = Encoders.make(config.encoder(), device, 4);
        return Methods.named(name).make(ConfigFile.settings(config), new Setup(encoder.network(), encoder.features(),
                2 * images, CLASSES, side(), images, 2, 12, new Init(device, 4)));
    }

    /// Noise for views, and numbers and labels for its images.
    protected Views views(Device device, long seed) {
        return views(device, seed, IMAGES);
    }

    /// The same for so many images, of a data set twice as large.
    protected Views views(Device device, long seed, int images) {
        Needs needs = Methods.named(name).needs();
        Tensor[] global = new Tensor[needs.views()];
        for (int v = 0; v < global.length; v++) global[v] = noise(device, images, side(), 100 * seed + v);
        List<Tensor> local = new ArrayList<>();
        for (int size : needs.local() ? localSides() : List.<Integer>of()) {
            local.add(noise(device, images, size, 100 * seed + 50 + local.size()));
        }
        Views views = Views.of(global).withLocal(local)
                .withIndex(device.integers(Shape.of(images), Arrays.copyOf(Philox.of(seed).permutation(2 * images),
                        images)));
        return needs.labels() ? views.withLabelled(noise(device, 4, side(), 100 * seed + 99),
                device.integers(Shape.of(4), 2, 0, 9, 2)) : views;
    }

    protected static Tensor noise(Device device, int images, int side, long seed) {
        Philox random = new Philox(seed, 0);
        double[] values = IntStream.range(0, images * 3 * side * side).mapToDouble(i -> random.nextGaussian())
                .toArray();
        return device.tensor(Shape.of(images, 3, side, side), values);
    }

    /// The same images in another order.
    protected static Views reordered(Views views, int[] order) {
        Tensor rows = views.first().device().integers(Shape.of(order.length), order);
        Tensor[] global = views.global().stream().map(view -> view.gather(rows)).toArray(Tensor[]::new);
        int[] index = views.index().orElseThrow().integers();
        Tensor numbers = rows.device().integers(Shape.of(order.length), Arrays.stream(order).map(i -> index[i])
                .toArray());
        Views reordered = Views.of(global).withIndex(numbers)
                .withLocal(views.local().stream().map(view -> view.gather(rows)).toList());
        return views.labelled().isEmpty() ? reordered : reordered.withLabelled(
                views.labelled().get().images(), views.labelled().get().labels());
    }

    /// What comes before the first loss.
    protected static void prepare(SslMethod method, Views views, Step step) {
        step.moveTo(0);
        if (method.observesFirst()) method.observe(views, step);
        method.beforeEpoch(0, step);
        method.beforeStep(step);
    }

    /// The first loss.
    protected static double first(SslMethod method, Views views, Step step) {
        prepare(method, views, step);
        return method.loss(views, step).item();
    }

    protected static Device reference() {
        return Device.open("reference", new DeviceOptions(1, 0));
    }

    protected static Trainer trainer(TrainConfig config, Device device) {
        return trainer(config, device, 33, 9);
    }

    protected static Trainer trainer(TrainConfig config, Device device, int images, int side) {
        Dataset data = Shapes.train(0, images, side);
        return new Trainer(config, Feed.of(config, data, Recipes.named(config.augment(), side), 1), device);
    }

    /// Trains until `steps` are done in all; returns the losses of the steps that were done here.
    protected static List<Double> train(Trainer trainer, long steps) {
        List<Double> losses = new ArrayList<>();
        if (trainer.stepsDone() == steps) return losses;
        trainer.run(() -> trainer.stepsDone() == steps, new Trainer.Listener() {
            @Override
            public void stepped(long step, double loss) {
                losses.add(loss);
            }

            @Override
            public void epochDone(EpochMetrics metrics) {}
        });
        return losses;
    }

    protected static Map<String, double[]> values(Map<String, Tensor> tensors) {
        Map<String, double[]> values = new LinkedHashMap<>();
        tensors.forEach((key, tensor) -> {
            if (tensor.dtype().floating()) values.put(key, tensor.doubles());
        });
        return values;
    }

    protected static Map<String, List<? extends Number>> bits(Trainer trainer) {
        Map<String, List<? extends Number>> values = new LinkedHashMap<>();
        trainer.state().forEach((key, tensor) -> values.put(key, tensor.dtype().floating()
                ? Arrays.stream(tensor.doubles()).boxed().toList()
                : Arrays.stream(tensor.integers()).boxed().toList()));
        return values;
    }

    protected static void move(SslMethod method, Map<String, double[]> at, Map<String, double[]> direction, double by) {
        method.parameters().forEach((key, tensor) -> {
            double[] moved = at.get(key).clone();
            for (int i = 0; i < moved.length; i++) moved[i] += by * direction.get(key)[i];
            tensor.upload(moved);
        });
    }

    protected static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += a[i] * b[i];
        return sum;
    }
}
