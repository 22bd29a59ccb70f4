package invar.ssl.part;

import invar.core.Device;
import invar.core.Ops;
import invar.core.Shape;
import invar.core.Tensor;
import invar.core.UpdateOp;
import invar.nn.Buffer;
import java.util.List;

/// The centre of a teacher's logits, subtracted so that no class wins everywhere (DINO, Caron et al. 2021,
/// [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), Eq. 4).
///
/// @param value c (K), persistent
public record Center(@Buffer Tensor value) {

    /// A centre of zeros.
    public static Center of(Device device, int classes) {
        return device.persistent(() -> new Center(device.zeros(Shape.of(classes))));
    }

    /// softmax((teacher − c) / τ): what the student is to predict. A constant for differentiation.
    ///
    /// @param teacher     (N, K) logits
    /// @param temperature τ > 0; 0.04 to 0.07 in DINO, below the student's so that the target is sharp
    public Tensor target(Tensor teacher, double temperature) {
        if (!(temperature > 0)) throw new IllegalArgumentException("temperature must be > 0 but is " + temperature);
        return teacher.stopGradient().sub(value).scale(1 / temperature).softmax(1);
    }

    /// The same with a temperature that is scheduled.
    ///
    /// @param temperature τ > 0, a scalar tensor
    public Tensor target(Tensor teacher, Tensor temperature) {
        return teacher.stopGradient().sub(value).div(temperature.stopGradient()).softmax(1);
    }

    /// c ← m c + (1 − m) · mean of the teacher's logits over all views and samples. After the loss, which uses the old
    /// one.
    ///
    /// @param teacher one (N, K) for each view, all of one shape
    /// @param decay   m in [0, 1], a scalar tensor; 0.9 in DINO
    public void update(List<Tensor> teacher, Tensor decay) {
        Tensor mean = teacher.getFirst().mean(0);                                            // (1, K)
        for (Tensor other : teacher.subList(1, teacher.size())) mean = mean.add(other.mean(0));
        Tensor average = mean.scale(1.0 / teacher.size()).reshape(value.shape());
        Ops.update(UpdateOp.Assign.AVERAGE, value, average, decay);
    }
}
