package invar.ssl.train;

import invar.ssl.method.Methods;
import invar.ssl.method.UsualCauses;
import invar.ssl.probe.Health;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Says in plain words when training does not go well, each kind of trouble once a run:
/// - embeddings have collapsed: their spread is below a tenth of 1, its healthy value, or their effective rank below 2,
///   which also tells the two ends of a line that a batch norm makes of one point;
/// - the loss is far above chance, more than twice as high, from the second epoch on;
/// - the loss is at chance after some epochs;
/// - one prototype takes all images;
/// - the queue is older than the data set, so that it holds a key of every image as its own negative.
///
/// Nothing is said of the first epochs, unless they are long: the features of an untrained network are nearly parallel,
/// and averages of batch norms are not yet those of the data. What settings alone tell is said before the first.
public final class HealthWarnings {

    /// The healthy spread is 1; below this share of it, embeddings have collapsed.
    private static final double COLLAPSED = 0.1;
    /// Of fewer directions there is one alone, and noise.
    private static final double DIRECTIONS = 2;
    /// The first epochs of which a collapse, and a loss at chance, are told.
    private static final long SETTLED = 3, LEARNING = 5;
    /// A long epoch is enough for a collapse to be told. Of small data epochs are short: SwAV on emoji32 is at chance
    /// for 60 steps, and learns.
    private static final long SETTLED_STEPS = 400, LEARNING_STEPS = 200;
    /// From which epoch on a loss far above chance is told: of the first, warm-up may be the cause.
    private static final long STEADY = 2;
    /// How much of the chance level a loss must be below it: 1 %.
    private static final double MARGIN = 0.01;

    private final TrainConfig config;
    private final String title;
    private final long stepsPerEpoch;
    private final List<String> said = new ArrayList<>();

    /// @param log what was said before the run was interrupted, empty if nothing was
    public HealthWarnings(TrainConfig config, long stepsPerEpoch, String log) {
        this.config = config;
        this.title = Methods.named(config.method()).title();
        this.stepsPerEpoch = stepsPerEpoch;
        said.add(log);
    }

    /// What there is to warn of before training: an encoder of patches with batch norm.
    public List<String> atStart() {
        List<String> warnings = new ArrayList<>();
        String norm = config.encoder().norm();
        boolean apart = norm.equals("layer") || config.encoder().name().startsWith("vit-");
        if (Methods.named(config.method()).needs().pieces().filter("patches"::equals).isPresent() && !apart) {
            once(warnings, "the encoder has batch norm", " (encoder.norm is %s): its statistics may tell which "
                    + "patches belong together, which %s is to find out from what they show; it was published with "
                    + "layer norm (--set encoder.norm=layer)", norm, title);
        }
        return warnings;
    }

    /// What there is to warn of after this epoch, one sentence each; mostly nothing.
    public List<String> after(EpochMetrics m) {
        List<String> warnings = new ArrayList<>();
        double age = m.health("queue age"), used = m.health("prototypes in use");
        if (m.epoch() >= SETTLED || m.step() >= SETTLED_STEPS) {
            double spread = m.health(Health.SPREAD), rank = m.health(Health.RANK);
            if (spread < COLLAPSED || rank < DIRECTIONS) {
                UsualCauses.ofCollapse(config.method()).ifPresent(cause -> once(warnings, "embeddings have collapsed",
                        ": their spread is %.3f, where 1 is healthy and 0 is one point for all images, and their "
                                + "effective rank %.1f; the usual cause with %s is %s", spread, rank, title, cause));
            }
            if (prototypes() > 1 && used * prototypes() < 1.5) {
                once(warnings, "one prototype takes all images", ": the %d others are not in use; the usual cause with "
                        + "%s is a learning rate too high, or prototypes that move before they are told apart",
                        prototypes() - 1, title);
            }
            if (Math.max(m.health("entropy"), m.health("divergence")) < MARGIN * m.chance()) {
                once(warnings, "one prototype takes all images", ": the teacher is certain (entropy %.3f nats) and the "
                        + "student agrees; the usual cause with %s is a centre that moves too slowly",
                        m.health("entropy"), title);
            }
        }
        if (m.epoch() >= STEADY && m.loss() > 2 * Math.abs(m.chance()) + 1) {
            once(warnings, "the loss is far above chance", " after %d epochs: %.3f, where %.3f tells nothing apart; "
                    + "the usual causes are a learning rate far too high (--lr), and a warm-up that is too short "
                    + "(--set warmupEpochs=…)", m.epoch(), m.loss(), m.chance());
        } else if (m.epoch() >= LEARNING && m.step() >= LEARNING_STEPS
                && m.loss() > m.chance() - MARGIN * Math.max(1, Math.abs(m.chance()))) {
            once(warnings, "the loss is at chance", " after %d epochs: %.3f, where %.3f tells nothing apart; the usual "
                    + "causes are a learning rate far too high or too low (--lr), and augmentations that leave nothing "
                    + "to recognise (--augment)", m.epoch(), m.loss(), m.chance());
        }
        if (age > stepsPerEpoch) {
            once(warnings, "the queue is older than the data set", ": its oldest keys were made %.0f steps ago, and an "
                    + "epoch has %d, so every image finds an old key of its own among the negatives; a smaller queue "
                    + "(--set queue=…) or more images help", age, stepsPerEpoch);
        }
        return warnings;
    }

    /// K, or 0 for a method without.
    private long prototypes() {
        return config.settings().get("prototypes") instanceof Number k ? k.longValue() : 0;
    }

    private void once(List<String> warnings, String kind, String format, Object... arguments) {
        if (said.stream().anyMatch(text -> text.contains(kind))) return;
        said.add(kind);
        warnings.add(kind + String.format(Locale.ROOT, format, arguments) + ".");
    }
}
