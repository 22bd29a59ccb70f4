package invar.benchmarks.compare;

import invar.benchmarks.work.ConvWork;
import java.util.ArrayList;
import java.util.List;

/// All cases, with what is asked of them. A bar is a ratio of times: theirs by ours, the best of theirs counted.
final class Cases {

    private static final int PASS = 1 << 24;                  // floats of a pass over memory: far more than caches hold

    private Cases() {}

    /// In the order of the page.
    static List<Case> all() {
        List<Case> all = new ArrayList<>();
        for (int n : new int[] {128, 256, 512, 1024, 2048, 4096}) all.add(product(n));
        all.add(ntXent(256, 2));
        all.add(ntXent(1024, 3.5));
        all.add(ntXent(4096, 4.5));
        all.add(large());
        all.add(queue());
        all.add(barlow(1024, 8192));
        all.add(barlow(256, 2048));
        all.add(cosine());
        for (String which : List.of("conv-forward", "conv-dx", "conv-dw")) {
            for (ConvWork.Sizes sizes : List.of(
                    new ConvWork.Sizes(64, 64, 32, 64, 3, 1), new ConvWork.Sizes(64, 128, 16, 128, 3, 1),
                    new ConvWork.Sizes(64, 256, 8, 256, 3, 1), new ConvWork.Sizes(64, 512, 4, 512, 3, 1),
                    new ConvWork.Sizes(64, 3, 32, 64, 3, 1), new ConvWork.Sizes(64, 64, 32, 128, 3, 2),
                    new ConvWork.Sizes(64, 64, 32, 128, 1, 2), new ConvWork.Sizes(64, 256, 8, 512, 1, 2),
                    new ConvWork.Sizes(64, 64, 32, 64, 1, 1))) {
                all.add(conv(which, sizes));
            }
        }
        all.add(batchNorm());
        all.add(resNet());
        all.add(pass("exp", "exp", "map", 2));
        all.add(pass("relu", "ReLU", "map", 2));
        all.add(pass("add", "x + y", "zip", 3));
        all.add(pass("sgd", "SGD step, momentum", "update", 5));
        return all;
    }

    /// Those of one group.
    static List<Case> of(String group) {
        return all().stream().filter(c -> c.group().equals(group)).toList();
    }

    private static Case product(int n) {
        String name = "sgemm/" + n;
        return new Case("sgemm", "sgemm n = " + n, name, 2.0 * n * n * n, 0, "", 0, 0, 0, List.of(
                Rival.torch(name, n < 512 ? 0 : 1.9),
                new Rival("OpenBLAS", Libraries.OPENBLAS, name, n < 512 ? 0.85 : 0.95)));
    }

    private static Case ntXent(int n, double bar) {
        String name = "ntxent/" + n + "/128";
        double rows = 2.0 * n;                                // S, and its two factors' gradients: 3 products of rows²
        double flops = 6 * rows * rows * 128;
        return new Case("ntxent", "NT-Xent N = " + n + ", forward + backward", name, flops, 0, "", 0, 0, 0,
                List.of(Rival.torch(name, bar), new Rival("composed", Libraries.COMPOSED, name, 0)));
    }

    /// A batch whose matrix of similarities would have 17 GB.
    private static Case large() {
        double rows = 2.0 * 32768;
        double flops = 6 * rows * rows * 128;
        return new Case("large", "NT-Xent N = 32768, forward + backward", "ntxent/32768/128", flops, 0, "", 0, 0, 512,
                List.of());
    }

    private static Case queue() {
        String name = "queue/256/65536/128";
        return new Case("queue", "InfoNCE 256 against a queue of 65536, forward + backward", name,
                4.0 * 256 * 65536 * 128, 0, "", 0, 0, 0,
                List.of(Rival.torch(name, 2.5), new Rival("composed", Libraries.COMPOSED, name, 0)));
    }

    private static Case barlow(int n, int d) {
        String sizes = "/" + n + "/" + d;
        boolean asked = n == 1024;
        return new Case("barlow", "Barlow Twins " + n + " x " + d + ", forward + backward", "barlow" + sizes,
                6.0 * n * d * d, 0, "", 0, 0, 0, List.of(Rival.torch("barlow" + sizes, asked ? 3 : 0),
                new Rival("libtorch, Gram", Libraries.TORCH, "barlow-gram" + sizes, asked ? 1.3 : 0)));
    }

    private static Case cosine() {
        int n = 4096, d = 128;
        String name = "cosine/" + n + "/" + d;
        return new Case("cosine", "cosines of " + n + " x " + n + " rows", name, 2.0 * n * n * d, 4.0 * n * n,
                "ceiling-fill/" + n * n, 0.85, 0, 0, List.of(Rival.torch(name, 0)));
    }

    private static Case conv(String which, ConvWork.Sizes s) {
        String sizes = "/" + s.n() + "/" + s.c() + "/" + s.size() + "/" + s.o() + "/" + s.kernel() + "/" + s.stride();
        String filter = s.kernel() + "x" + s.kernel() + (s.stride() > 1 ? " s2 " : " ");
        String images = s.c() + "->" + s.o() + ", " + s.size() + "x" + s.size();
        String title = which.replace("conv-", "") + " " + filter + images;
        return new Case(which, title, which + sizes, s.flops(), 0, "", 0, 0, 0, List.of(Rival.torch(which + sizes, 1),
                new Rival("libtorch, channels last", Libraries.TORCH, which + "-nhwc" + sizes, 0.9)));
    }

    private static Case batchNorm() {
        String name = "batchnorm/64/64/32";
        return new Case("batchnorm", "batch norm 64x64x32x32, forward + backward", name, 0, 0, "", 0, 0, 0,
                List.of(Rival.torch(name, 1.5)));
    }

    private static Case resNet() {
        String name = "resnet/64/32/64";
        double forward = 0.5557e9;                            // multiply-adds of an image, convolutions and last layer
        String title = "ResNet-18 (CIFAR stem) training step, batch 64";
        return new Case("resnet", title, name, 2 * 3 * forward * 64, 0, "", 0, 64, 0, List.of(Rival.torch(name, 1.15),
                new Rival("libtorch, channels last", Libraries.TORCH, name.replace("resnet", "resnet-nhwc"), 0)));
    }

    private static Case pass(String name, String title, String ceiling, int streams) {
        return new Case("memory", title + ", 16 M floats", name + "/" + PASS, 0, 4.0 * streams * PASS,
                "ceiling-" + ceiling + "/" + PASS, 0.9, 0, 0, List.of(Rival.torch(name + "/" + PASS, 0)));
    }
}
