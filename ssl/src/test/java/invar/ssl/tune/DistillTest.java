package invar.ssl.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import invar.core.Gradients;
import invar.core.Shape;
import invar.core.Tape;
import invar.core.Tensor;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.ssl.Step;
import invar.ssl.Views;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DistillTest {

    private final TaskNetwork teacher = Networks.task(1, 1, 3), student = Networks.task(2, 0, 3);
    private final Tensor x = Networks.images(5, 1), known = Networks.images(2, 2);
    private final Views views = Views.of(x).withLabelled(known, Networks.DEVICE.integers(Shape.of(2), 2, 1));

    private Distill method(double tau, double alpha) {
        return new Distill(new Distill.Config("teacher", "", tau, alpha), teacher, student);
    }

    private static double unlabelled(double[] s, double[] t, int rows, double tau) {
        double sum = 0;
        for (int i = 0; i < rows; i++) {
            double[] p = Networks.logSoftmax(t, i, 3, tau), q = Networks.logSoftmax(s, i, 3, tau);
            for (int c = 0; c < 3; c++) sum -= Math.exp(p[c]) * q[c];
        }
        return tau * tau * sum / rows;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 1, 2.5})
    void isTauSquaredTimesTheCrossEntropyWithTheTeachersProbabilities(double tau) {
        double[] s = student.apply(x, Mode.TRAIN).doubles(), t = teacher.apply(x, Mode.EVAL).doubles();
        assertThat(method(tau, 1).loss(views, new Step(Networks.DEVICE)).item())
                .isCloseTo(unlabelled(s, t, 5, tau), within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"0.1, 0.25", "1, 0.5", "2, 0.9"})
    void addsTheCrossEntropyOfTheLabelledImages(double tau, double alpha) {
        double[] s = student.apply(x.concat(0, known), Mode.TRAIN).doubles();
        double[] t = teacher.apply(x, Mode.EVAL).doubles();
        double ce = -(Networks.logSoftmax(s, 5, 3, 1)[2] + Networks.logSoftmax(s, 6, 3, 1)[1]) / 2;
        assertThat(method(tau, alpha).loss(views, new Step(Networks.DEVICE)).item())
                .isCloseTo((1 - alpha) * ce + alpha * unlabelled(s, t, 5, tau), within(1e-12));
    }

    @Test
    void sendsNoGradientIntoTheTeacher() {
        Distill method = method(1, 0.5);
        List<Tensor> both = new ArrayList<>(Modules.parameters(teacher).values());
        both.addAll(Modules.parameters(student).values());
        try (Tape tape = Tape.watching(both)) {
            Gradients gradients = tape.gradients(method.loss(views, new Step(Networks.DEVICE)));
            Modules.parameters(teacher).forEach((name, p) -> assertThat(gradients.reach(p)).as(name).isFalse());
            Modules.parameters(student).forEach((name, p) -> assertThat(gradients.reach(p)).as(name).isTrue());
        }
    }

    @Test
    void leavesTheTeachersStatisticsAloneAndMovesTheStudents() {
        Frozen before = new Frozen(teacher);
        double[] running = Modules.state(student).get("encoder.bn1.running_mean").doubles();
        method(1, 1).loss(views, new Step(Networks.DEVICE));
        before.check();
        assertThat(Modules.state(student).get("encoder.bn1.running_mean").doubles()).isNotEqualTo(running);
    }

    @Test
    void trainsTheStudentAndStoresTheTeacherToo() {
        Distill method = method(1, 1);
        assertThat(method.parameters()).containsExactlyEntriesOf(Modules.parameters(student));
        assertThat(method.state().keySet()).contains("student.encoder.conv1.weight", "teacher.encoder.conv1.weight",
                "teacher.head.layers.0.linear.weight", "teacher.classifier.weight");
        assertThat(method.encoder()).isSameAs(student.encoder());
        assertThat(method.classifier()).contains(student);
    }

    /// At the chance level the student gives all classes the same logit, whatever the teacher says.
    @ParameterizedTest
    @CsvSource({"0.1, 1", "1, 0.5", "2, 0.9"})
    void hasTheChanceLevelOfAStudentThatKnowsNothing(double tau, double alpha) {
        Modules.parameters(student.classifier()).values().forEach(p -> p.upload(new double[p.size()]));
        Distill method = method(tau, alpha);
        assertThat(method.loss(views, new Step(Networks.DEVICE)).item())
                .isCloseTo(method.chanceLevel(5), within(1e-13));
    }

    @Test
    void refusesSettingsOutOfRange() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Distill.Config("", "", 0, 1))
                .withMessage("temperature must be a number > 0 but is 0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Distill.Config("", "", 1e-9, 1)).withMessage(
                "temperature must be at least 1.0E-4, below which logits are too large for single precision, but is "
                        + "1.0E-9");
        assertThatIllegalArgumentException().isThrownBy(() -> new Distill.Config("", "", 1e300, 1)).withMessage(
                "temperature must be at most 1e6, above which logits are too small for single precision, but is "
                        + "1.0E300");
        assertThatIllegalArgumentException().isThrownBy(() -> new Distill.Config("", "", 1, 0))
                .withMessage("alpha must be above 0 and at most 1 but is 0.0");
        assertThatIllegalArgumentException().isThrownBy(() -> new Distill.Config("", "", 1, Double.NaN))
                .withMessage("alpha must be above 0 and at most 1 but is NaN");
    }
}
