package invar.ssl.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// Every setting of a run, as stored in its `config.yaml`. What is here determines the losses bit for bit, whatever the
/// number of threads.
///
/// @param method name of the method
/// @param settings the method's own settings, by name
/// @param data name or path of the data
/// @param imageSize side S of the views in pixels
/// @param augment name of the augmentation recipe
/// @param encoder the network that is trained
/// @param optimization how it is trained
/// @param batch N, images a step
/// @param epochs passes over the data
/// @param seed of weights, order and augmentation
public record TrainConfig(
        String method,
        Map<String, Object> settings,
        String data,
        int imageSize,
        String augment,
        EncoderConfig encoder,
        Optimization optimization,
        int batch,
        int epochs,
        long seed) {

    /// A ResNet.
    ///
    /// @param name `resnet10`, `resnet18`, `resnet34` or `resnet50`
    /// @param width channels of the first stage; 64 in the paper
    /// @param stem `cifar`, `small` or `imagenet`
    public record EncoderConfig(String name, int width, String stem) {

        /// Checks that there is a name and a stem, and a width of 1 to 1024.
        public EncoderConfig {
            given("encoder.name", name);
            given("encoder.stem", stem);
            require(width >= 1 && width <= 1024, "encoder.width must be 1 to 1024 but is " + width);
        }
    }

    /// How the encoder is trained.
    ///
    /// @param optimizer `sgd`, `lars` or `adamw`
    /// @param lr the highest learning rate, reached after the warm-up
    /// @param momentum of sgd and lars; adamw does not use it, nor `nesterov`
    /// @param weightDecay λ
    /// @param nesterov Nesterov's form of the momentum
    /// @param warmupEpochs epochs of linear growth from 0, then a half cosine back to 0
    public record Optimization(
            String optimizer, double lr, double momentum, double weightDecay, boolean nesterov, double warmupEpochs) {

        /// Checks the ranges.
        public Optimization {
            given("optimization.optimizer", optimizer);
            require(lr > 0 && Double.isFinite(lr), "optimization.lr must be a number > 0 but is " + lr);
            require(momentum >= 0 && momentum < 1, "optimization.momentum must be in [0, 1) but is " + momentum);
            require(weightDecay >= 0 && Double.isFinite(weightDecay),
                    "optimization.weightDecay must be a number of at least 0 but is " + weightDecay);
        }
    }

    /// Checks what does not depend on the data.
    ///
    /// @throws IllegalArgumentException naming the setting and its rule
    public TrainConfig {
        given("method", method);
        given("data", data);
        given("augment", augment);
        given("settings", settings);
        given("encoder", encoder);
        given("optimization", optimization);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        require(batch >= 2, "batch must be at least 2 but is " + batch);
        require(epochs >= 1, "epochs must be at least 1 but is " + epochs);
        require(imageSize >= 8 && imageSize <= 1024, "imageSize must be 8 to 1024 pixels but is " + imageSize);
        require(optimization.warmupEpochs >= 0 && optimization.warmupEpochs <= epochs,
                "optimization.warmupEpochs must be between 0 and all " + epochs + " epochs but is "
                        + optimization.warmupEpochs);
    }

    /// The same with other settings of the method.
    public TrainConfig withSettings(Map<String, Object> other) {
        return new TrainConfig(method, other, data, imageSize, augment, encoder, optimization, batch, epochs, seed);
    }

    private static void given(String name, Object value) {
        require(value != null, name + " must have a value");
    }

    private static void require(boolean rule, String message) {
        if (!rule) throw new IllegalArgumentException(message);
    }
}
