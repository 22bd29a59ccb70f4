package invar.cuda;

import invar.core.ContractionOp;
import invar.core.ContractionOp.Conv2d;
import invar.core.ContractionOp.Conv2dInputGrad;
import invar.core.ContractionOp.Conv2dWeightGrad;
import invar.core.ContractionOp.MatMul;
import invar.core.Tensor;
import invar.core.spi.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/// The vendor's libraries that one device uses: cuBLAS for matrix products, cuDNN for convolutions, each only where it
/// is installed, starts, and is wanted. What they do not compute, the project's kernels do.
final class Libraries implements AutoCloseable {

    private final List<String> lines = new ArrayList<>();
    private final Gpu gpu;                                                // null: none will be used
    private Cublas cublas;                                                // null, and so is the next: not used
    private Cudnn cudnn;
    private boolean warned;

    private Libraries(Gpu gpu) {
        this.gpu = gpu;
    }

    /// None.
    static Libraries none() {
        return new Libraries(null);
    }

    /// Those that can be used on this device. A library that does not start is not an error: [#lines] says so.
    ///
    /// @param precision how they are to multiply
    /// @param without   the ones that are not wanted: `cublas`, `cudnn`
    static Libraries open(Gpu gpu, Precision precision, Set<String> without) {
        Libraries libraries = new Libraries(gpu);
        String convolves = precision == Precision.BF16 ? " (which convolves in tf32)" : "";
        libraries.cublas = libraries.open(VendorLibrary.CUBLAS, without, () -> new Cublas(gpu, precision), "");
        libraries.cudnn = libraries.open(VendorLibrary.CUDNN, without, () -> new Cudnn(gpu, precision), convolves);
        return libraries;
    }

    private <T> T open(VendorLibrary library, Set<String> without, Supplier<T> start, String remark) {
        String why;
        if (without.contains(library.name().toLowerCase(Locale.ROOT))) {
            why = "not wanted";
        } else if (library.missing().isPresent()) {
            why = library.missing().get();
        } else {
            try {
                T started = start.get();
                lines.add(library.version() + remark);
                return started;
            } catch (IllegalStateException | OutOfMemoryError e) {
                why = e.getMessage();
            }
        }
        lines.add("no " + library.title() + " (" + why + ")");
        return null;
    }

    /// Computes `out`, or asks for it, if a library can.
    ///
    /// @return false if it is to be done by a kernel of the project
    /// @throws IllegalStateException if a library refuses because a kernel has failed before
    boolean execute(ContractionOp op, Tensor[] in, Tensor out) {
        if (cublas == null && cudnn == null) return false;
        Answer answer = switch (op) {
            case MatMul m -> cublas == null ? Answer.NOT_OFFERED : cublas.multiply(m, in[0], in[1], out);
            case Conv2d c -> cudnn == null ? Answer.NOT_OFFERED : cudnn.forward(c, in[0], in[1], out);
            case Conv2dInputGrad c -> cudnn == null
                    ? Answer.NOT_OFFERED : cudnn.inputGrad(c.forward(), out, in[1], in[0]);
            case Conv2dWeightGrad c -> cudnn == null
                    ? Answer.NOT_OFFERED : cudnn.weightGrad(c.forward(), in[0], out, in[1]);
        };
        if (!computed(answer)) gpu.memory().reuseScratch();
        return answer.computed();
    }

    /// Whether there is one for matrix products.
    boolean multiplies() {
        return cublas != null;
    }

    /// The product (m, n) with sums over k of matrices at these addresses, if a library can; transposed as told.
    ///
    /// @return false if it is to be done by a kernel of the project
    /// @throws IllegalStateException as [#execute]
    boolean multiply(boolean transposeA, boolean transposeB, long a, long b, long c, int m, int n, int k) {
        return cublas != null && computed(cublas.multiply(transposeA, transposeB, a, b, c, m, n, k, 1));
    }

    /// Tells a refusal, the first time.
    private boolean computed(Answer answer) {
        if (answer.refusal() != null && !warned) {
            if (!gpu.memory().capturing()) gpu.synchronize();                 // a kernel may have failed before
            warned = true;
            System.err.println(answer.refusal() + "; the project's kernel does this, and whatever else is refused.");
        }
        return answer.computed();
    }

    /// Which are used, in which version, or why not: one line for each, none where none was asked for.
    List<String> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        if (cublas != null) cublas.close();
        if (cudnn != null) cudnn.close();
        cublas = null;
        cudnn = null;
    }
}
