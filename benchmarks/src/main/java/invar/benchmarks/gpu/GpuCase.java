package invar.benchmarks.gpu;

import invar.core.spi.Precision;
import java.util.List;

/// One computation in one precision class, with what is asked of it.
///
/// @param group     cases that are written into one table
/// @param title     for the page
/// @param name      see [invar.benchmarks.compare.CaseName]; the same computation in another precision has the same
/// @param precision of the factors of products, on both sides
/// @param work      of a call
/// @param images    of a call, 0 if it is not about images
/// @param quick     whether it takes part in a quick run
/// @param ours      our forms, the first of which the bars are about, if it is not slower than the others
/// @param theirs    PyTorch's forms
/// @param bars      asked of the fastest of our forms
record GpuCase(String group, String title, String name, Precision precision, Work work, int images, boolean quick,
        List<String> ours, List<String> theirs, List<Bar> bars) {

    /// For messages.
    @Override
    public String toString() {
        return title + ", " + precision;
    }
}
