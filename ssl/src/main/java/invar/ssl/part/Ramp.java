package invar.ssl.part;

import invar.nn.optim.Schedule;

/// A weight that grows from 0 in a straight line and then stays:
/// ```
/// w(t) = top · min(1, t / (share · T))
/// ```
/// The schedule of the consistency weight in google-research/fixmatch, pi_model.py and mean_teacher.py (`warmup`).
///
/// @param top   the last value
/// @param share of training that it grows for, 0 … 1; 0: not at all
/// @param steps T, of the whole training
public record Ramp(double top, double share, long steps) implements Schedule {

    @Override
    public double at(long step) {
        return step >= share * steps ? top : top * step / (share * steps);
    }
}
