package invar.ssl.part;

import invar.core.Tensor;
import invar.nn.Modules;
import invar.nn.optim.Ema;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import java.util.Map;

/// A classifier that is trained, and the exponential moving average of it that is used: Polyak averaging, the teacher
/// of Mean Teacher (Tarvainen and Valpola 2017, [arXiv:1703.01780](https://arxiv.org/abs/1703.01780), Sec. 2),
/// ```
/// θ' ← α θ' + (1 − α) θ
/// ```
/// The average covers running statistics, where Sohn et al.'s code (google-research/fixmatch) averages trainable
/// variables alone. There the statistics themselves move by 0.001 a batch, as slowly as the averages; here they move by
/// 0.1, and would be those of the network of the last ten steps.
///
/// @param trained θ
/// @param average θ', equal at first
public record AveragedClassifier(Classifier trained, Classifier average) {

    private static final String TRAINED = "trained.";

    /// Over the encoder of a run, for the classes of its data.
    public static AveragedClassifier over(Setup setup) {
        Classifier trained = Classifier.over(setup);
        return new AveragedClassifier(trained, Modules.copyOf(trained));
    }

    /// θ by name.
    public Map<String, Tensor> parameters() {
        return ParameterGroup.choose(Modules.parameters(this), (name, _) -> name.startsWith(TRAINED));
    }

    /// Both networks with their statistics, by name.
    public Map<String, Tensor> state() {
        return Modules.state(this);
    }

    /// Moves the average towards what is trained.
    ///
    /// @param decay α in [0, 1], a scalar tensor
    public void follow(Tensor decay) {
        Ema.update(Modules.state(average), Modules.state(trained), decay);
    }
}
