package invar.ssl.check;

import static invar.nn.optim.PublishedSchedules.barlowTwins;
import static invar.nn.optim.PublishedSchedules.byol;
import static invar.nn.optim.PublishedSchedules.dino;
import static invar.nn.optim.PublishedSchedules.lightly;
import static invar.nn.optim.PublishedSchedules.lightlyMomentum;
import static invar.nn.optim.PublishedSchedules.mocoCosine;
import static invar.nn.optim.PublishedSchedules.mocoSteps;
import static invar.nn.optim.PublishedSchedules.soloLearn;

import invar.nn.optim.Schedule;
import java.util.Arrays;
import java.util.Map;

/// The golden ops that are schedules, evaluated at the case's steps. They are double precision on the host, whatever
/// the device.
final class ScheduleOps {

    private ScheduleOps() {}

    static Map<String, GoldenOp> all() {
        return Map.of(
                "lr_schedule", (c, device, out) -> tabulate(c, out, "lr", learningRate(c)),
                "momentum_schedule", (c, device, out) -> tabulate(c, out, "momentum", momentum(c)));
    }

    private static Schedule learningRate(GoldenCase golden) {
        double base = golden.number("base_lr");
        double start = golden.number("warmup_start_lr"), end = golden.number("final_lr");
        int warmup = golden.integer("warmup_steps"), total = golden.integer("total_steps");
        return switch (golden.text("variant")) {
            case "barlowtwins" -> barlowTwins(base, warmup, total);
            case "byol", "simclr", "moco_v3" -> byol(base, warmup, total);
            case "dino", "swav" -> dino(base, start, end, warmup, total);
            case "lightly" -> lightly(base, start, end, warmup, total);
            case "moco_cos" -> mocoCosine(base, total);
            case "moco_step" -> {
                long[] milestones = Arrays.stream(golden.integerList("milestones")).asLongStream().toArray();
                yield mocoSteps(base, milestones);
            }
            case "solo" -> soloLearn(base, start, end, warmup, total);
            default -> throw unknown(golden);
        };
    }

    private static Schedule momentum(GoldenCase golden) {
        double base = golden.number("base"), end = golden.number("final");
        int total = golden.integer("total_steps");
        return switch (golden.text("variant")) {
            case "byol", "dino", "moco_v3", "solo" -> Schedule.cosine(base, end, total);
            case "lightly" -> lightlyMomentum(base, end, total);
            default -> throw unknown(golden);
        };
    }

    private static GoldenException unknown(GoldenCase golden) {
        return new GoldenException("there is no schedule " + golden.text("variant"));
    }

    private static void tabulate(GoldenCase golden, Outputs out, String name, Schedule schedule) {
        double[] table = Arrays.stream(golden.integers("step")).mapToDouble(schedule::at).toArray();
        out.put(name, table, table.length);
        out.put(name + "_f64", table, table.length);
    }
}
