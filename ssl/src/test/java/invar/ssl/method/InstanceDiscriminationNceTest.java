package invar.ssl.method;

import invar.core.Tensor;
import invar.ssl.SslMethod;
import invar.ssl.train.TrainConfig;
import java.lang.reflect.Proxy;
import java.util.Map;

/// The contract with noise-contrastive estimation; the rest is in [InstanceDiscriminationTest].
class InstanceDiscriminationNceTest extends MethodContract {

    InstanceDiscriminationNceTest() {
        super("instdisc", Map.of("form", "nce", "projection", 7, "temperature", 0.5, "negatives", 5, "proximal", 0.3,
                "firstPass", false));
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("form", "nce", "projection", 64, "temperature", 0.5, "negatives", 33,
                "firstPass", false);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {
            3.252913540672, 3.579598741485, 3.426191997350, 3.345704766036, 3.434779982565, 2.906821793593,
            3.369939121874, 3.301862873815, 3.174222772307, 3.115315971918};
    }

    /// With random rows at first the loss grows here from 8 to 200 and stays there, with learning rates from 0.003 to
    /// 0.1: Z is that of the random bank, and eight steps later all rows are the untrained network's.
    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("form", "nce", "projection", 32, "temperature", 0.1, "negatives", 128, "firstPass", true),
                "none", 0.01);
    }

    /// Noise is drawn for places in the batch, so it changes places with the images.
    @Override
    protected SslMethod reordered(SslMethod method, int[] order) {
        return (SslMethod) Proxy.newProxyInstance(SslMethod.class.getClassLoader(), new Class<?>[] {SslMethod.class},
                (proxy, called, arguments) -> {
                    Object result = called.invoke(method, arguments);
                    if (called.getName().equals("beforeStep")) reorder(method.state().get("contrast.noise"), order);
                    return result;
                });
    }

    private static void reorder(Tensor noise, int[] order) {
        int m = noise.dim(1);
        int[] drawn = noise.integers(), moved = new int[drawn.length];
        for (int i = 0; i < order.length; i++) System.arraycopy(drawn, order[i] * m, moved, i * m, m);
        noise.upload(moved);
    }
}
