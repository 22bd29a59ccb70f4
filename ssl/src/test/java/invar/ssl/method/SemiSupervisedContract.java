package invar.ssl.method;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Linear;
import invar.nn.Modules;
import invar.nn.init.Init;
import invar.ssl.SslMethod;
import invar.ssl.Views;
import invar.ssl.part.Classifier;
import invar.ssl.train.Encoders;
import invar.ssl.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/// What methods have in common that train a classifier on a few labels, and average it.
abstract class SemiSupervisedContract extends MethodContract {

    /// Prefixes of the names in the state of a method.
    static final String TRAINED = "trained.", AVERAGE = "average.";

    private final String method;

    SemiSupervisedContract(String method, Map<String, Object> settings) {
        super(method, settings);
        this.method = method;
    }

    /// Where there are more images than usual, as many of them with labels: the first loss is that of the labelled ones
    /// alone, and the luck of four counts too much.
    @Override
    protected Views views(Device device, long seed, int images) {
        Views views = super.views(device, seed, images);
        if (images <= IMAGES) return views;
        int[] labels = IntStream.range(0, 5 * CLASSES).map(i -> i % CLASSES).toArray();
        return views.withLabelled(noise(device, labels.length, side(), 100 * seed + 98),
                device.integers(Shape.of(labels.length), labels));
    }

    /// All of the 512 images have labels, 64 a step, and are seen as they are: shifted and mirrored anew in every
    /// epoch, they take the Π-model and Mean Teacher more than 200 steps.
    TrainConfig byHeartOfFew(Map<String, Object> settings) {
        return new TrainConfig(method, settings, "shapes", 16, "none", new TrainConfig.Labels(1, 64),
                new TrainConfig.EncoderConfig("resnet10", 8, "small"),
                new TrainConfig.Optimization("sgd", 0.1, 0.9, 1e-4, true, 2), 64, 25, 17);
    }

    /// The network of this prefix in the state of a method, as it is now.
    Classifier copy(Device device, SslMethod method, String prefix) {
        Encoders.Encoder encoder = Encoders.make(encoder(), device, 1);
        Classifier copy = new Classifier(encoder.network(),
                Linear.of(new Init(device, 1), encoder.features(), CLASSES, true));
        Map<String, Tensor> from = of(method, prefix), to = Modules.state(copy);
        assertThat(from.keySet()).isEqualTo(to.keySet());
        to.forEach((name, tensor) -> tensor.upload(from.get(name).doubles()));
        return copy;
    }

    /// The part of the state whose names have this prefix, without it.
    static Map<String, Tensor> of(SslMethod method, String prefix) {
        Map<String, Tensor> found = new LinkedHashMap<>();
        method.state().forEach((name, tensor) -> {
            if (name.startsWith(prefix)) found.put(name.substring(prefix.length()), tensor);
        });
        return found;
    }

    /// The softmax of one row of logits (N, C).
    static double[] softmax(double[] logits, int row) {
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) sum += Math.exp(logits[row * CLASSES + c]);
        double all = sum;
        return IntStream.range(0, CLASSES).mapToDouble(c -> Math.exp(logits[row * CLASSES + c]) / all).toArray();
    }
}
