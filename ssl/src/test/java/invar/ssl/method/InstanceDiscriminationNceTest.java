package invar.ssl.method;

import invar.core.Tensor;
import invar.ssl.SslMethod;
import invar.ssl.train.TrainConfig;
import java.lang.reflect.Proxy;
import java.util.Map;

/// The contract with noise-contrastive estimation; the rest is in [InstanceDiscriminationTest].
class InstanceDiscriminationNceTest extends MethodContract {

    InstanceDiscriminationNceTest() {
        super("instdisc", Map.of("form", "nce", "projection", 7, "temperature", 0.5, "negatives", 5, "proximal", 0.3));
    }

    @Override
    protected Map<String, Object> atStart() {
        return Map.of("form", "nce", "projection", 64, "temperature", 0.5, "negatives", 33);
    }

    @Override
    protected double[] tenLosses() {
        return new double[] {};
    }

    @Override
    protected TrainConfig byHeart() {
        return byHeart(Map.of("form", "nce", "projection", 32, "temperature", 0.1, "negatives", 128), "none", 0.1);
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
