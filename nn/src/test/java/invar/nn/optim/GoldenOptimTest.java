package invar.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.fused.LarsUpdate;
import invar.nn.Devices;
import invar.nn.Golden;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Optimisers, moving averages and schedules against public implementations.
final class GoldenOptimTest {

    private static final int STEPS = 5;

    static Stream<Arguments> optimizers() {
        List<Arguments> all = new ArrayList<>();
        for (String device : Devices.NAMES) {
            for (String op : List.of("sgd", "adam", "adamw", "lars")) {
                Golden.cases(op).forEach(golden -> all.add(Arguments.of(device, op, golden)));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("optimizers")
    void movesParametersAsPublished(String deviceName, String op, Golden golden) {
        Device device = Devices.of(deviceName);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        for (String name : golden.names("init.")) parameters.put(name, golden.tensor(device, "init." + name));
        Optimizer optimizer = optimizer(op, golden, parameters);
        Tensor lr = device.scalar(golden.number("lr"));
        for (int t = 1; t <= STEPS; t++) {
            Map<String, Tensor> gradients = new LinkedHashMap<>();
            String grad = "grad." + t + ".";
            for (String name : parameters.keySet()) gradients.put(name, golden.tensor(device, grad + name));
            optimizer.step(gradients, lr);
            for (String name : parameters.keySet()) golden.check("after." + t + "." + name, parameters.get(name));
        }
    }

    private static Optimizer optimizer(String op, Golden golden, Map<String, Tensor> parameters) {
        double decay = golden.number("weight_decay");
        return switch (op) {
            case "sgd" -> new Sgd(parameters, new Sgd.Config(
                    golden.number("momentum"), WeightDecay.ofAll(decay), golden.flag("nesterov")));
            case "adam", "adamw" -> {
                String[] betas = golden.text("betas").replaceAll("[\\[\\] ]", "").split(",");
                yield new Adam(parameters, new Adam.Config(Double.parseDouble(betas[0]), Double.parseDouble(betas[1]),
                        golden.number("eps"), WeightDecay.ofAll(decay), op.equals("adamw")));
            }
            case "lars" -> new Lars(parameters, new Lars.Config(form(golden.text("variant")), golden.number("eta"),
                    golden.number("momentum"), decay, golden.flag("nesterov"), golden.flag("clip_lr")));
            default -> throw new AssertionError(op);
        };
    }

    private static LarsUpdate.Form form(String variant) {
        return switch (variant) {
            case "barlowtwins" -> LarsUpdate.Form.AUTHORS;
            case "simclr" -> LarsUpdate.Form.SIMCLR;
            case "lightly", "solo" -> LarsUpdate.Form.LIGHTLY;
            default -> throw new AssertionError(variant);
        };
    }

    static Stream<Arguments> averages() {
        return Devices.NAMES.stream().flatMap(d -> Golden.cases("ema_update").map(golden -> Arguments.of(d, golden)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("averages")
    void averagesAsMoCoDoes(String deviceName, Golden golden) {
        Device device = Devices.of(deviceName);
        Map<String, Tensor> key = new LinkedHashMap<>();
        for (String name : golden.names("key.0.")) key.put(name, golden.tensor(device, "key.0." + name));
        Tensor decay = device.scalar(golden.number("momentum"));
        for (int t = 1; t <= 3; t++) {
            Map<String, Tensor> query = new LinkedHashMap<>();
            for (String name : key.keySet()) query.put(name, golden.tensor(device, "query." + t + "." + name));
            Ema.update(key, query, decay);
            for (String name : key.keySet()) golden.check("after." + t + "." + name, key.get(name));
        }
    }

    static Stream<Golden> learningRates() {
        return Golden.cases("lr_schedule");
    }

    @ParameterizedTest
    @MethodSource("learningRates")
    void learningRateIsThePublishedTable(Golden golden) {
        double base = golden.number("base_lr"), end = golden.number("final_lr");
        double start = golden.number("warmup_start_lr");
        long warmup = (long) golden.number("warmup_steps"), total = (long) golden.number("total_steps");
        Schedule schedule = switch (golden.text("variant")) {
            case "barlowtwins" -> PublishedSchedules.barlowTwins(base, warmup, total);
            case "byol", "simclr", "moco_v3" -> PublishedSchedules.byol(base, warmup, total);
            case "dino", "swav" -> PublishedSchedules.dino(base, start, end, warmup, total);
            case "lightly" -> PublishedSchedules.lightly(base, start, end, warmup, total);
            case "moco_cos" -> PublishedSchedules.mocoCosine(base, total);
            case "moco_step" -> PublishedSchedules.mocoSteps(
                    base, golden.list("milestones").stream().mapToLong(Integer::longValue).toArray());
            case "solo" -> PublishedSchedules.soloLearn(base, start, end, warmup, total);
            default -> throw new AssertionError(golden.text("variant"));
        };
        compare(golden, "lr_f64", schedule);
    }

    static Stream<Golden> momenta() {
        return Golden.cases("momentum_schedule");
    }

    @ParameterizedTest
    @MethodSource("momenta")
    void momentumIsThePublishedTable(Golden golden) {
        long total = (long) golden.number("total_steps");
        double base = golden.number("base"), end = golden.number("final");
        compare(golden, "momentum_f64", golden.text("variant").equals("lightly")
                ? PublishedSchedules.lightlyMomentum(base, end, total) : Schedule.cosine(base, end, total));
    }

    private static void compare(Golden golden, String table, Schedule schedule) {
        double[] expected = golden.stored(table).doubles();
        long[] steps = golden.stored("step").longs();
        for (int i = 0; i < steps.length; i++) {
            assertThat(schedule.at(steps[i])).as("%s at step %d", golden, steps[i])
                    .isCloseTo(expected[i], within(1e-14));
        }
    }
}
