package invar.nn.planted;

import invar.cpu.planted.KernelThatReadsFiles;

/// Breaks the rule that layers do not know which backend runs them.
final class LayerOfOneBackend {

    private final KernelThatReadsFiles kernel;

    LayerOfOneBackend(KernelThatReadsFiles kernel) {
        this.kernel = kernel;
    }

    int apply() {
        return kernel.count();
    }
}
