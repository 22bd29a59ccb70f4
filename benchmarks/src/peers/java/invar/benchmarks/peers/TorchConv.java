package invar.benchmarks.peers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import invar.benchmarks.work.ConvWork;
import invar.benchmarks.work.Inputs;
import java.util.ArrayList;
import java.util.List;

/// A convolution in libtorch, or one of its gradients.
///
/// DJL offers no gradient but through the graph. So the forward passes of a round's gradients are made and recorded
/// before the clock starts, each on a fresh leaf, and what is timed is the backward pass alone.
final class TorchConv extends TorchJob {

    private static final int GRAPHS = 12;                      // each keeps an output of the convolution

    private record Graph(NDArray leaf, NDArray y) {}

    private final NDManager manager;
    private final NDArray x, w, dy;
    private final String what;
    private final Shape stride, padding;
    private final List<Graph> graphs = new ArrayList<>();
    private NDManager recorded;
    private int next;

    TorchConv(NDManager manager, String what, ConvWork.Sizes s, boolean channelsLast) {
        super(manager);
        this.manager = manager;
        this.what = what;
        this.stride = new Shape(s.stride(), s.stride());
        this.padding = new Shape(s.kernel() / 2, s.kernel() / 2);
        int out = s.outSize();
        NDArray images = input(Inputs.normal(1, s.n() * s.c() * s.size() * s.size()), s.n(), s.c(), s.size(), s.size());
        NDArray filters = input(Inputs.normal(2, s.o() * s.c() * s.kernel() * s.kernel()),
                s.o(), s.c(), s.kernel(), s.kernel());
        NDArray slope = input(Inputs.normal(3, s.n() * s.o() * out * out), s.n(), s.o(), out, out);
        x = channelsLast ? channelsLast(images) : images;
        w = channelsLast ? channelsLast(filters) : filters;
        dy = channelsLast ? channelsLast(slope) : slope;
    }

    static NDArray convolution(NDArray images, NDArray filters, Shape stride, Shape padding) {
        return images.getNDArrayInternal().convolution(images, filters, null, stride, padding, new Shape(1, 1), 1)
                .singletonOrThrow();
    }

    @Override
    public int mostCalls() {
        return what.equals("conv-forward") ? Integer.MAX_VALUE : GRAPHS;
    }

    @Override
    public void before(int calls) {
        if (what.equals("conv-forward")) return;
        if (recorded != null) recorded.close();
        recorded = manager.newSubManager();
        graphs.clear();
        next = 0;
        for (int i = 0; i < calls; i++) {
            NDArray leaf = here(what.equals("conv-dx") ? x : w);
            leaf.attach(recorded);
            leaf.setRequiresGradient(true);
            NDArray y = recorded(() -> what.equals("conv-dx")
                    ? convolution(leaf, w, stride, padding) : convolution(x, leaf, stride, padding));
            y.attach(recorded);
            graphs.add(new Graph(leaf, y));
        }
    }

    @Override
    NDArray[] compute() {
        if (what.equals("conv-forward")) return new NDArray[] {convolution(x, w, stride, padding)};
        Graph graph = graphs.get(next++);
        backward(graph.y, dy);
        return new NDArray[] {graph.leaf.getGradient()};
    }
}
