package invar.ssl.method;

import invar.core.Tensor;
import invar.nn.Layer;
import invar.nn.Mode;
import invar.nn.Modules;
import invar.nn.optim.Ema;
import invar.nn.optim.Schedule;
import invar.ssl.Losses;
import invar.ssl.ParameterGroup;
import invar.ssl.Setup;
import invar.ssl.SslMethod;
import invar.ssl.Step;
import invar.ssl.Views;
import invar.ssl.part.Center;
import invar.ssl.part.CropNetwork;
import invar.ssl.part.DinoHead;
import invar.ssl.part.MultiCrop;
import invar.ssl.part.TargetMonitor;
import java.util.List;
import java.util.Map;

/// DINO: emerging properties in self-supervised vision transformers.
/// Caron, Touvron, Misra, Jégou, Mairal, Bojanowski, Joulin, ICCV 2021,
/// [arXiv:2104.14294](https://arxiv.org/abs/2104.14294), Algorithm 1, Eq. 2 to 5.
///
/// The student is to say of every crop what the teacher, its own average over time, says of the large ones. Centring
/// keeps one answer from winning everywhere, sharpening keeps all answers from becoming equal. Departures:
/// - the loss is the mean over pairs of crops, as in the official code, where Eq. 3 is their sum;
/// - no stochastic depth in the student, which the official code has for transformers (`drop_path_rate` 0.1).
public final class Dino implements SslMethod {

    static final Methods.Entry<Config> ENTRY = new Methods.Entry<>("dino", "DINO",
            "Caron et al. 2021, arXiv:2104.14294", 2021, Needs.views(2).withLocal().withMomentum().with("centre"),
            "ln K", Config.class, Dino::new);

    /// What can be set; files are those of facebookresearch/dino.
    ///
    /// @param hidden width of the head's two hidden layers (App. C: 2048)
    /// @param bottleneck width of its third layer, normalised (App. C: 256)
    /// @param outputs K (App. C: 65536)
    /// @param batchNorm whether the hidden layers have batch norm (main_dino.py: no; lightly: yes for ResNets)
    /// @param normLastLayer whether the last layer's rows keep length 1 (main_dino.py: yes; README: not for ViT-S)
    /// @param studentTemperature τₛ > 0 (Sec. 3.2: 0.1)
    /// @param teacherTemperature τₜ > 0 after the warm-up (Sec. 3.2: 0.07)
    /// @param warmupTemperature τₜ > 0 in the first epoch (Sec. 3.2: 0.04)
    /// @param warmupTemperatureEpochs epochs of the straight line between the two (Sec. 3.2: 30)
    /// @param momentum λ of the teacher at the start, half a cosine to 1 (Sec. 3.1: 0.996)
    /// @param frozenEpochs in which the last layer is not trained (main_dino.py: 1)
    public record Config(int hidden, int bottleneck, int outputs, boolean batchNorm, boolean normLastLayer,
            double studentTemperature, double teacherTemperature, double warmupTemperature, int warmupTemperatureEpochs,
            double momentum, int frozenEpochs) {

        public Config {
            Range.classes("outputs", outputs);
            Range.layers("hidden, hidden, bottleneck, outputs", hidden, hidden, bottleneck, outputs);
            Range.temperature("studentTemperature", studentTemperature);
            Range.temperature("teacherTemperature", teacherTemperature);
            Range.temperature("warmupTemperature", warmupTemperature);
            Range.atLeast("warmupTemperatureEpochs", warmupTemperatureEpochs, 0);
            Range.fraction("momentum", momentum);
            Range.atLeast("frozenEpochs", frozenEpochs, 0);
        }
    }

    /// gₛ and gₜ; C, what the teacher says on average; how the last step went.
    public record Networks(CropNetwork<DinoHead> student, CropNetwork<DinoHead> teacher, Center center,
            TargetMonitor monitor) {}

    private final Config config;
    private final Networks networks;
    private final Schedule temperature, decay, centerDecay = Schedule.constant(0.9);   // main_dino.py: center_momentum
    private final long frozen;
    private List<Tensor> gt;                             // gₜ(x) of this step, for the centre

    /// A head over the encoder of the setup, and a teacher with the same weights.
    public Dino(Config config, Setup setup) {
        this.config = config;
        CropNetwork<DinoHead> student = new CropNetwork<>(setup.encoder(), DinoHead.of(setup.init().at("head"),
                new DinoHead.Spec(setup.features(), config.hidden, config.bottleneck, config.outputs, config.batchNorm,
                        !config.normLastLayer)));
        this.networks = new Networks(student, Modules.copyOf(student), Center.of(setup.init().device(),
                config.outputs), TargetMonitor.of(setup.init().device()));
        Schedule byEpoch = new Schedule.Warmup(Schedule.Warmup.Ramp.INCLUSIVE, config.warmupTemperature,
                config.warmupTemperatureEpochs, Schedule.constant(config.teacherTemperature));
        this.temperature = k -> byEpoch.at(k / setup.stepsPerEpoch());
        this.decay = Schedule.cosine(config.momentum, 1, setup.totalSteps());
        this.frozen = config.frozenEpochs * setup.stepsPerEpoch();
    }

    @Override
    public Tensor loss(Views views, Step step) {
        List<Tensor> gs = networks.student.apply(MultiCrop.crops(views), Mode.TRAIN);            // gₛ(x′)
        gt = networks.teacher.apply(views.global(), Mode.TRAIN);                                 // gₜ(x)
        Tensor tau = step.value(temperature);                                                    // τₜ
        List<Tensor> pt = gt.stream().map(y -> networks.center.target(y, tau)).toList();         // Pₜ, of gₜ(x) − C
        List<Tensor> logits = gs.stream().map(y -> y.scale(1 / config.studentTemperature)).toList();
        return networks.monitor.observe(pt, Losses.acrossViews(logits, pt));                     // Eq. 3: H(Pₜ, Pₛ)
    }

    @Override
    public void afterUpdate(Step step) {
        Ema.update(networks.teacher, networks.student, step.value(decay));            // θₜ ← λ θₜ + (1 − λ) θₛ
        networks.center.update(gt, step.value(centerDecay));                                     // Eq. 4: C
    }

    @Override
    public Map<String, Tensor> parameters() {
        return ParameterGroup.choose(Modules.parameters(networks), (name, p) -> name.startsWith("student."));
    }

    @Override
    public List<ParameterGroup> groups() {
        Map<String, Tensor> last = ParameterGroup.choose(parameters(), (name, p) -> name.contains(".last_layer."));
        Map<String, Tensor> rest = ParameterGroup.choose(parameters(), (name, p) -> !last.containsKey(name));
        return List.of(ParameterGroup.of(rest), ParameterGroup.of(last).frozenFor(frozen));
    }

    @Override
    public Map<String, Tensor> state() {
        return Modules.state(networks);
    }

    /// The teacher's backbone, which the paper evaluates: it is better than the student's throughout (Sec. 5.2).
    @Override
    public Layer encoder() {
        return networks.teacher.backbone();
    }

    /// The teacher's bottleneck, of whose rows the logits are cosines.
    @Override
    public Tensor embed(Tensor images) {
        return networks.teacher.head().bottleneck(encoder().apply(images, Mode.EVAL), Mode.EVAL);
    }

    @Override
    public Map<String, Double> health() {
        return networks.monitor.health();
    }

    @Override
    public double chanceLevel(int images) {
        return Math.log(config.outputs);
    }
}
