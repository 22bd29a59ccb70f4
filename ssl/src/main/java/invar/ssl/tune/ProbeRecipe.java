package invar.ssl.tune;

import invar.nn.optim.Schedule;
import java.util.List;

/// How a linear classifier is trained on frozen features: the published recipes.
///
/// @param name         as in `--recipe`
/// @param source       where it was published
/// @param rate         the learning rate, for a batch of 256 if it is `scaled`
/// @param scaled       whether the rate grows with the batch, × N / 256
/// @param weightDecay  of the weights
/// @param nesterov     Nesterov's form of the momentum, which is 0.9
/// @param epochs       passes over the images
/// @param milestones   where the rate is divided by 10, 0 to 1; none: it falls to 0 along half a cosine
/// @param standardised whether features are standardised first
public record ProbeRecipe(String name, String source, double rate, boolean scaled, double weightDecay,
        boolean nesterov, int epochs, List<Double> milestones, boolean standardised) {

    /// The published ones, the default first.
    public static final List<ProbeRecipe> ALL = List.of(
            new ProbeRecipe("simclr", "Chen et al. 2020, arXiv:2002.05709, App. B", 0.1, true, 0, true, 90,
                    List.of(), true),
            new ProbeRecipe("moco", "He et al. 2020, arXiv:1911.05722, Sec. 4.1", 30, false, 0, false, 100,
                    List.of(0.6, 0.8), false),
            new ProbeRecipe("byol", "Grill et al. 2020, arXiv:2006.07733, App. C.1", 0.2, true, 0, true, 80, List.of(),
                    true),
            new ProbeRecipe("barlow", "Zbontar et al. 2021, arXiv:2103.03230, evaluate.py", 0.3, false, 1e-6, false,
                    100, List.of(), true));

    /// Checks the ranges; copies the list.
    public ProbeRecipe {
        milestones = List.copyOf(milestones);
        require(rate > 0 && Double.isFinite(rate), "the learning rate must be a number > 0 but is " + rate);
        require(weightDecay >= 0 && Double.isFinite(weightDecay), "the weight decay must be a number of at least 0 but "
                + "is " + weightDecay);
        require(epochs >= 1, "epochs must be at least 1 but is " + epochs);
    }

    /// The same with another learning rate, taken as it is.
    public ProbeRecipe withRate(double exactly) {
        return new ProbeRecipe(name, source, exactly, false, weightDecay, nesterov, epochs, milestones, standardised);
    }

    /// The same for another time.
    public ProbeRecipe withEpochs(int number) {
        return new ProbeRecipe(name, source, rate, scaled, weightDecay, nesterov, number, milestones, standardised);
    }

    /// The same with features standardised or as they are.
    public ProbeRecipe withStandardised(boolean first) {
        return new ProbeRecipe(name, source, rate, scaled, weightDecay, nesterov, epochs, milestones, first);
    }

    /// The learning rate of every step.
    Schedule schedule(int batch, long stepsPerEpoch) {
        double highest = scaled ? rate * batch / 256 : rate;
        long total = epochs * stepsPerEpoch;
        if (milestones.isEmpty()) return Schedule.cosine(highest, 0, total);
        return new Schedule.Milestones(highest, 0.1, milestones.stream().map(at -> Math.round(at * total)).toList());
    }

    private static void require(boolean rule, String message) {
        if (!rule) throw new IllegalArgumentException(message);
    }
}
