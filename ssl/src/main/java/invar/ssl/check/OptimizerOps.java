package invar.ssl.check;

import invar.core.Device;
import invar.core.Tensor;
import invar.core.fused.LarsUpdate;
import invar.nn.optim.Adam;
import invar.nn.optim.Ema;
import invar.nn.optim.Lars;
import invar.nn.optim.Optimizer;
import invar.nn.optim.Sgd;
import invar.nn.optim.WeightDecay;
import java.util.LinkedHashMap;
import java.util.Map;

/// The golden ops that move parameters: each runs a class of [invar.nn.optim] for as many steps as the case has.
final class OptimizerOps {

    private OptimizerOps() {}

    static Map<String, GoldenOp> all() {
        return Map.of(
                "sgd", optimizer(OptimizerOps::sgd),
                "adam", optimizer((c, p) -> adam(c, p, false)),
                "adamw", optimizer((c, p) -> adam(c, p, true)),
                "lars", optimizer(OptimizerOps::lars),
                "ema_update", OptimizerOps::ema);
    }

    private interface Maker {
        Optimizer make(GoldenCase golden, Map<String, Tensor> parameters);
    }

    private static Sgd sgd(GoldenCase golden, Map<String, Tensor> parameters) {
        return new Sgd(parameters, new Sgd.Config(golden.number("momentum"),
                WeightDecay.ofAll(golden.number("weight_decay")), golden.flag("nesterov")));
    }

    private static Adam adam(GoldenCase golden, Map<String, Tensor> parameters, boolean decoupled) {
        double[] betas = golden.numbers("betas");
        return new Adam(parameters, new Adam.Config(betas[0], betas[1], golden.number("eps"),
                WeightDecay.ofAll(golden.number("weight_decay")), decoupled));
    }

    private static Lars lars(GoldenCase golden, Map<String, Tensor> parameters) {
        LarsUpdate.Form form = switch (golden.text("variant")) {
            case "barlowtwins" -> LarsUpdate.Form.AUTHORS;
            case "simclr" -> LarsUpdate.Form.SIMCLR;
            case "lightly", "solo" -> LarsUpdate.Form.LIGHTLY;
            default -> throw new GoldenException("there is no LARS variant " + golden.text("variant"));
        };
        return new Lars(parameters, new Lars.Config(form, golden.number("eta"), golden.number("momentum"),
                golden.number("weight_decay"), golden.flag("nesterov"), golden.flag("clip_lr")));
    }

    /// Parameters `init.NAME` are moved by gradients `grad.t.NAME`, t = 1, 2, …; after each step they are
    /// `after.t.NAME`.
    private static GoldenOp optimizer(Maker maker) {
        return (golden, device, out) -> {
            Map<String, Tensor> parameters = tensors(golden, device, "init.");
            Optimizer optimizer = maker.make(golden, parameters);
            Tensor lr = device.scalar(golden.number("lr"));
            for (int t = 1; !golden.inputsAfter("grad." + t + ".").isEmpty(); t++) {
                optimizer.step(tensors(golden, device, "grad." + t + "."), lr);
                put(out, t, parameters);
            }
        };
    }

    /// The target `key.0.NAME` follows the online parameters `query.t.NAME`, t = 1, 2, …
    private static void ema(GoldenCase golden, Device device, Outputs out) {
        Map<String, Tensor> target = tensors(golden, device, "key.0.");
        Tensor decay = device.scalar(golden.number("momentum"));
        for (int t = 1; !golden.inputsAfter("query." + t + ".").isEmpty(); t++) {
            Ema.update(target, tensors(golden, device, "query." + t + "."), decay);
            put(out, t, target);
        }
    }

    private static Map<String, Tensor> tensors(GoldenCase golden, Device device, String prefix) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : golden.inputsAfter(prefix)) tensors.put(name, golden.on(device, prefix + name));
        return tensors;
    }

    private static void put(Outputs out, int t, Map<String, Tensor> parameters) {
        parameters.forEach((name, tensor) -> out.put("after." + t + "." + name, tensor));
    }
}
