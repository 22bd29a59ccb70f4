package invar.ssl.train;

import invar.ssl.method.Range;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Every setting of a run, as stored in its `config.yaml`. What is here determines the losses bit for bit, whatever the
/// number of threads.
///
/// @param method name of the method
/// @param settings the method's own settings, by name
/// @param data name or path of the data
/// @param imageSize side S of the views in pixels
/// @param augment name of the augmentation recipe
/// @param labels which images have labels, for methods that need some
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
        Labels labels,
        EncoderConfig encoder,
        Optimization optimization,
        int batch,
        int epochs,
        long seed) {

    /// A network.
    ///
    /// @param name     `resnet10`, `resnet18`, `resnet34` or `resnet50`; `vit-mini` of 4 blocks and 3 heads,
    ///                 `vit-tiny`, `vit-small` or `vit-base` of 12 blocks and 3, 6 or 12 heads
    /// @param width    channels of the first stage, 64 in the paper; of a vision transformer, features of a token, 192,
    ///                 384 or 768 in the paper
    /// @param stem     `cifar`, `small` or `imagenet`; of a vision transformer `patch4` and so on, the side of its
    ///                 patches in pixels
    /// @param norm     of a ResNet: `batch`, `layer`, or `split8` for batch norm over eighths of the batch, and so for
    ///                 other numbers; vision transformers have layer norm and nothing else
    /// @param zeroInit of a ResNet: whether the last norm of each residual block starts with γ = 0
    public record EncoderConfig(String name, int width, String stem, String norm, boolean zeroInit) {

        /// Checks that there is a name, a stem and a norm, and a width of 1 to 1024.
        public EncoderConfig {
            given("encoder.name", name);
            given("encoder.stem", stem);
            given("encoder.norm", norm);
            require(width >= 1 && width <= 1024, "encoder.width must be 1 to 1024 but is " + width);
        }

        /// G of `splitG`, the parts of a batch whose statistics are apart; 1 for other norms.
        public int parts() {
            boolean split = norm.matches("split[1-9]\\d{0,3}") && !name.startsWith("vit-");
            return split ? Integer.parseInt(norm.substring(5)) : 1;
        }

        /// With batch norm, γ from 1.
        public EncoderConfig(String name, int width, String stem) {
            this(name, width, stem, "batch", false);
        }
    }

    /// Which images have labels. Of no consequence for methods that do without.
    ///
    /// @param fraction of the images of each class, in (0, 1]; at least one image of each
    /// @param batch    B, labelled images a step; at least 2 where they are used
    public record Labels(double fraction, int batch) {

        /// A tenth of the images, 64 a step.
        public static final Labels TENTH = new Labels(0.1, 64);

        /// Checks the ranges.
        public Labels {
            require(fraction > 0 && fraction <= 1, "labels.fraction must be above 0 and at most 1 but is " + fraction);
            require(batch >= 1, "labels.batch must be at least 1 but is " + batch);
        }
    }

    /// How the encoder is trained. Rates, factors and limits are 10⁻³⁰ to 10⁶, or 0 where that is allowed: numbers that
    /// leave room in single precision.
    ///
    /// @param optimizer      `sgd`, `adam`, `adamw`, or `lars` (the form of BYOL, Barlow Twins, VICReg and MoCo v3),
    ///                       `lars-simclr` (learning rate inside the momentum), `lars-lightly`
    /// @param lr             the highest learning rate, reached after the warm-up
    /// @param momentum       of sgd and lars; β₁ of adam and adamw
    /// @param weightDecay    λ
    /// @param nesterov       Nesterov's form of the momentum; not of adam and adamw
    /// @param warmupEpochs   epochs of linear growth from 0
    /// @param schedule       what follows: `cosine`, half a cosine down to `endFactor`; `constant`; `steps`, times
    ///                       `stepFactor` at each of the milestones; `fixmatch`, cos(7π t / 16 T)
    /// @param endFactor      the last learning rate of a cosine as a multiple of `lr`
    /// @param milestones     places in the run, 0 to 1, of the schedule `steps`
    /// @param stepFactor     of the schedule `steps`
    /// @param beta2          of adam and adamw
    /// @param trust          η, the trust coefficient of lars
    /// @param decayAll       whether biases and the parameters of norms decay too; never with lars
    /// @param endDecay       λ at the end of the run as a multiple of `weightDecay`, reached along half a cosine; other
    ///                       than 1 only with adamw
    /// @param clip           the largest norm of a parameter's gradient, each for itself; 0 for any
    public record Optimization(
            String optimizer, double lr, double momentum, double weightDecay, boolean nesterov, double warmupEpochs,
            String schedule, double endFactor, List<Double> milestones, double stepFactor, double beta2, double trust,
            boolean decayAll, double endDecay, double clip) {

        /// Checks the ranges.
        public Optimization {
            given("optimization.optimizer", optimizer);
            given("optimization.schedule", schedule);
            given("optimization.milestones", milestones);
            milestones = List.copyOf(milestones);
            Range.positive("optimization.lr", lr);
            decay("momentum", momentum);
            decay("beta2", beta2);
            Range.notNegative("optimization.weightDecay", weightDecay);
            Range.notNegative("optimization.endDecay", endDecay);
            Range.notNegative("optimization.endFactor", endFactor);
            Range.positive("optimization.stepFactor", stepFactor);
            Range.positive("optimization.trust", trust);
            Range.notNegative("optimization.clip", clip);
            for (double at : milestones) {
                require(at > 0 && at < 1, "optimization.milestones must be between 0 and 1 but one is " + at);
            }
            require(endDecay == 1 || optimizer.equals("adamw"),
                    "optimization.endDecay must be 1 but with adamw; it is " + endDecay);
        }

        /// A cosine to 0 after the warm-up; the rest as most papers have it.
        public Optimization(String optimizer, double lr, double momentum, double weightDecay, boolean nesterov,
                double warmupEpochs) {
            this(optimizer, lr, momentum, weightDecay, nesterov, warmupEpochs, "cosine", 0, List.of(), 0.1, 0.999, 1e-3,
                    false, 1, 0);
        }

        private static void decay(String name, double value) {
            require(value >= 0 && value < 1, "optimization." + name + " must be in [0, 1) but is " + value);
            require((float) value < 1, "optimization." + name + " must be below 1 in single precision, too, but is "
                    + value);
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
        given("labels", labels);
        given("encoder", encoder);
        given("optimization", optimization);
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        require(batch >= 2, "batch must be at least 2 but is " + batch);
        require(epochs >= 1, "epochs must be at least 1 but is " + epochs);
        require(imageSize >= 8 && imageSize <= 1024, "imageSize must be 8 to 1024 pixels but is " + imageSize);
        require(batch % encoder.parts() == 0, "batch (--batch) must be a multiple of " + encoder.parts()
                + ", the parts of encoder.norm, which is " + encoder.norm() + ", but is " + batch);
        require(optimization.warmupEpochs >= 0 && optimization.warmupEpochs <= epochs,
                "optimization.warmupEpochs must be between 0 and all " + epochs + " epochs but is "
                        + optimization.warmupEpochs);
    }

    /// With a tenth of the labels, where they are asked for.
    public TrainConfig(String method, Map<String, Object> settings, String data, int imageSize, String augment,
            EncoderConfig encoder, Optimization optimization, int batch, int epochs, long seed) {
        this(method, settings, data, imageSize, augment, Labels.TENTH, encoder, optimization, batch, epochs, seed);
    }

    /// The same with other settings of the method.
    public TrainConfig withSettings(Map<String, Object> other) {
        return new TrainConfig(method, other, data, imageSize, augment, labels, encoder, optimization, batch, epochs,
                seed);
    }

    private static void given(String name, Object value) {
        require(value != null, name + " must have a value");
    }

    private static void require(boolean rule, String message) {
        if (!rule) throw new IllegalArgumentException(message);
    }
}
