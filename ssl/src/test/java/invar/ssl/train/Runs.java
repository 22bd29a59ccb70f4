package invar.ssl.train;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.spi.DeviceOptions;
import invar.ssl.SslMethod;
import invar.ssl.augment.Recipes;
import invar.ssl.data.Dataset;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Runs that take a moment: twenty steps over eight-pixel images through a network one channel wide.
final class Runs {

    /// 3 epochs of 2 steps of 4 images.
    static final TrainConfig TINY = new TrainConfig("simclr", Map.of("hidden", 5, "projection", 3, "temperature", 0.5),
            "noise", 8,
            "simclr", new TrainConfig.EncoderConfig("resnet10", 1, "small"),
            new TrainConfig.Optimization("sgd", 0.1, 0.9, 1e-4, false, 1), 4, 3, 1);

    static final Dataset NOISE = new NoiseImages(9, 8);

    private Runs() {}

    static Device reference() {
        return Device.open("reference", new DeviceOptions(1, 0));
    }

    static Trainer trainer(TrainConfig config, Dataset data, Device device, int workers) {
        return trainer(config, data, device, workers, ViewPlace.Wish.AUTO);
    }

    static Trainer trainer(TrainConfig config, Dataset data, Device device, int workers, ViewPlace.Wish place) {
        return new Trainer(config, Feed.of(config, data, Recipes.named(config.augment(), config.imageSize()), workers),
                device, place);
    }

    /// Trains until `steps` are done in all; returns the losses of the steps that were done here.
    static List<Double> train(Trainer trainer, long steps, List<EpochMetrics> epochs) {
        List<Double> losses = new ArrayList<>();
        if (trainer.stepsDone() == steps) return losses;
        trainer.run(() -> trainer.stepsDone() == steps, new Trainer.Listener() {
            @Override
            public void stepped(long step, double loss) {
                losses.add(loss);
            }

            @Override
            public void epochDone(EpochMetrics metrics) {
                epochs.add(metrics);
            }
        });
        return losses;
    }

    static List<Double> train(Trainer trainer, long steps) {
        return train(trainer, steps, new ArrayList<>());
    }

    /// A method whose loss asks for its own value, which a captured step may not.
    static SslMethod curious(SslMethod method) {
        return (SslMethod) Proxy.newProxyInstance(Runs.class.getClassLoader(), new Class<?>[] {SslMethod.class},
                (_, called, arguments) -> {
                    try {
                        Object result = called.invoke(method, arguments);
                        if (called.getName().equals("loss")) ((Tensor) result).item();
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    static TrainConfig with(TrainConfig c, TrainConfig.Optimization optimization) {
        return new TrainConfig(c.method(), c.settings(), c.data(), c.imageSize(), c.augment(), c.encoder(),
                optimization,
                c.batch(), c.epochs(), c.seed());
    }

    static TrainConfig with(TrainConfig c, int width, int epochs, long seed) {
        return new TrainConfig(c.method(), c.settings(), c.data(), c.imageSize(), c.augment(),
                new TrainConfig.EncoderConfig(c.encoder().name(), width, c.encoder().stem()), c.optimization(),
                c.batch(),
                epochs, seed);
    }
}
