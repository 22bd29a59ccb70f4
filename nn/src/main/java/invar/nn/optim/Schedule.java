package invar.nn.optim;

import java.util.Arrays;
import java.util.List;

/// A number that changes during training: a learning rate, the decay of a moving average, a temperature.
@FunctionalInterface
public interface Schedule {

    /// The value for step `step`, from 0.
    double at(long step);

    /// Always the same.
    static Schedule constant(double value) {
        return step -> value;
    }

    /// From `from` at step 0 to `to` at step `steps` and after, along half a cosine; see [Cosine].
    static Schedule cosine(double from, double to, long steps) {
        return new Cosine(from, to, steps);
    }

    /// From 0 in a straight line to `base` at step `warmup`, then along half a cosine to `end` at step `total`: the
    /// learning rate of SimCLR, BYOL, Barlow Twins, VICReg and MoCo v3.
    static Schedule warmupCosine(double base, double end, long warmup, long total) {
        if (warmup < 0 || warmup >= total) {
            throw new IllegalArgumentException(
                    "warm-up must be shorter than training, but takes " + warmup + " of " + total + " steps");
        }
        return new Warmup(Warmup.Ramp.REACHED_AFTER, 0, warmup, new Cosine(base, end, total - warmup));
    }

    /// Half a cosine:
    /// ```
    /// to + (from − to) (1 + cos(π t / steps)) / 2          to, where t ≥ steps
    /// ```
    record Cosine(double from, double to, long steps) implements Schedule {
        public Cosine {
            if (steps < 1) throw new IllegalArgumentException("a cosine schedule needs at least 1 step, not " + steps);
        }

        @Override
        public double at(long step) {
            if (step >= steps) return to;
            return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * step / steps));
        }
    }

    /// A straight line from `start` to the first value of another schedule, which begins at step W = `steps`.
    record Warmup(Ramp ramp, double start, long steps, Schedule then) implements Schedule {

        /// How far the line is at step t < W. Public code has all three.
        public enum Ramp {
            /// t / W: the full value is first reached at step W.
            REACHED_AFTER,
            /// (t + 1) / W: reached at step W − 1, and the first step is not at `start`.
            REACHED_WITHIN,
            /// t / (W − 1): reached at step W − 1, from `start` at step 0.
            INCLUSIVE
        }

        @Override
        public double at(long step) {
            if (step >= steps) return then.at(step - steps);
            double far = switch (ramp) {
                case REACHED_AFTER -> (double) step / steps;
                case REACHED_WITHIN -> (step + 1.0) / steps;
                case INCLUSIVE -> (double) step / Math.max(1, steps - 1);
            };
            return start + (then.at(0) - start) * far;
        }
    }

    /// `base`, multiplied by `factor` from each of the milestones on.
    record Milestones(double base, double factor, List<Long> milestones) implements Schedule {
        public Milestones {
            milestones = List.copyOf(milestones);
        }

        /// The milestones one by one.
        public static Milestones of(double base, double factor, long... milestones) {
            return new Milestones(base, factor, Arrays.stream(milestones).boxed().toList());
        }

        @Override
        public double at(long step) {
            double value = base;
            for (long milestone : milestones) {
                if (step >= milestone) value *= factor;
            }
            return value;
        }
    }
}
