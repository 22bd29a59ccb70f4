package invar.nn.optim;

import invar.nn.optim.Schedule.Cosine;
import invar.nn.optim.Schedule.Milestones;
import invar.nn.optim.Schedule.Warmup;

/// The learning rates of public code, step by step as it computes them: W steps of warm-up, T steps in all. They
/// differ in where the warm-up starts, when it ends, and whether the cosine ends at T or at T − 1.
///
/// Decays of moving averages are half cosines without warm-up: `Schedule.cosine(base, 1, T)` in BYOL, DINO, MoCo v3 and
/// solo-learn, [#lightlyMomentum] in lightly.
public final class PublishedSchedules {

    private PublishedSchedules() {}

    /// BYOL (google-deepmind/deepmind-research, byol/utils/schedules.py), SimCLR, and MoCo v3 in fractional epochs:
    /// base t/W, then half a cosine to 0 at T.
    public static Schedule byol(double base, long warmup, long total) {
        return Schedule.warmupCosine(base, 0, warmup, total);
    }

    /// facebookresearch/barlowtwins, main.py, and VICReg: as BYOL's, but to base/1000.
    public static Schedule barlowTwins(double base, long warmup, long total) {
        return Schedule.warmupCosine(base, base / 1000, warmup, total);
    }

    /// facebookresearch/dino, utils.py, and SwAV: from `start` to the base at W − 1 and again at W, then to `end` at T.
    public static Schedule dino(double base, double start, double end, long warmup, long total) {
        return new Warmup(Warmup.Ramp.INCLUSIVE, start, warmup, new Cosine(base, end, total - warmup));
    }

    /// vturrisi/solo-learn, solo/utils/lr_scheduler.py: the same formula as DINO's.
    public static Schedule soloLearn(double base, double start, double end, long warmup, long total) {
        return dino(base, start, end, warmup, total);
    }

    /// lightly-ai/lightly, lightly/utils/scheduler.py: the first step is a W-th of the way up already, and `end` is
    /// reached at T − 1.
    public static Schedule lightly(double base, double start, double end, long warmup, long total) {
        Schedule cosine = new Cosine(base, end, Math.max(1, total - warmup - 1));
        return new Warmup(Warmup.Ramp.REACHED_WITHIN, start, warmup, cosine);
    }

    /// lightly-ai/lightly, lightly/utils/scheduler.py, `cosine_schedule`: to `end` at T − 1.
    public static Schedule lightlyMomentum(double base, double end, long total) {
        return new Cosine(base, end, Math.max(1, total - 1));
    }

    /// facebookresearch/moco, main_moco.py, with `--cos`: half a cosine to 0 at T, no warm-up.
    public static Schedule mocoCosine(double base, long total) {
        return new Cosine(base, 0, total);
    }

    /// facebookresearch/moco, main_moco.py: a tenth from each milestone on.
    public static Schedule mocoSteps(double base, long... milestones) {
        return Milestones.of(base, 0.1, milestones);
    }
}
