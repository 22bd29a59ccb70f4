package invar.core;

import invar.core.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// An array of numbers on a device: contiguous, row-major, of fixed shape. The methods that compute live in four
/// themes: [Elementwise], [Reductions], [Linalg] and [Movements]; each is one op, applied through [#apply].
///
/// A tensor is an identity: two tensors are never equal because their contents are.
public final class Tensor implements Elementwise, Reductions, Linalg, Movements {

    private final Device device;
    private final Storage storage;
    private final long offset;
    private final Shape shape;
    private final DType dtype;
    private final Scope scope;          // null: persistent
    private final int generation;       // of the scope, when this tensor was born

    Tensor(Device device, Storage storage, long offset, Shape shape, DType dtype, Scope scope, int generation) {
        this.device = device;
        this.storage = storage;
        this.offset = offset;
        this.shape = shape;
        this.dtype = dtype;
        this.scope = scope;
        this.generation = generation;
    }

    /// The one door every op goes through: check, infer, allocate, execute, record.
    static Tensor[] apply(Op given, Tensor... in) {
        Device device = in[0].device;
        Op op = recorded(given, device, in);
        Shape[] shapes = new Shape[in.length];
        for (int i = 0; i < in.length; i++) {
            in[i].check(op, i, device);
            shapes[i] = in[i].shape;
        }
        Shape[] inferred = op.infer(shapes);
        if (op instanceof Op.Fused fused && !device.backend().supports(fused)) return fused.reference(in);
        long view = op.viewOffset(shapes);
        Tensor[] out = new Tensor[inferred.length];
        for (int i = 0; i < out.length; i++) {
            DType type = op.integerOutput(i) ? DType.I32 : view >= 0 ? in[0].dtype : device.floating();
            out[i] = view >= 0 ? in[0].view(view, inferred[i]) : device.allocate(type, inferred[i]);
        }
        if (view < 0) device.backend().execute(op, in, out);
        if (device.tape() != null && !(op instanceof Op.InPlace)) device.tape().record(op, in, out);
        return out;
    }

    private static Op recorded(Op op, Device device, Tensor[] in) {
        if (!(op instanceof Op.Fused fused) || device.tape() == null || !device.tape().touches(in)) return op;
        return device.backend().supports(fused.recorded()) ? fused.recorded() : op;
    }

    private void check(Op op, int i, Device expected) {
        if (device != expected) {
            throw new IllegalArgumentException(op + ": input " + i + " is on another device: " + device.name());
        }
        if (!alive()) {
            throw new IllegalStateException(op + ": the scope of input " + i + " " + shape + " was closed or reset");
        }
        boolean moves = op instanceof MovementOp.Reshape || op instanceof MovementOp.Slice;
        boolean anyType = moves || op instanceof UpdateOp.Assign || op instanceof UpdateOp.PutRows && i < 2;
        if (!anyType && op.integerInput(i) == dtype.floating()) {
            throw new IllegalArgumentException(
                    op + ": input " + i + " must be " + (op.integerInput(i) ? "I32" : "floating") + " but is " + dtype);
        }
    }

    private Tensor view(long at, Shape as) {
        return new Tensor(device, storage, offset + at, as, dtype, scope, generation);
    }

    private boolean alive() {
        return scope == null || scope.alive(generation);
    }

    @Override
    public Tensor self() {
        return this;
    }

    /// Where it lives.
    public Device device() {
        return device;
    }

    /// Its extents.
    public Shape shape() {
        return shape;
    }

    /// Extent of `axis`; negative axes count from the end.
    public int dim(int axis) {
        return shape.dim(axis);
    }

    /// Number of elements.
    public int size() {
        return Math.toIntExact(shape.elements());
    }

    /// Type of its elements.
    public DType dtype() {
        return dtype;
    }

    /// For backends: the memory it lies in.
    public Storage storage() {
        return storage;
    }

    /// For backends: the place of its first element in [#storage], in elements.
    public long offset() {
        return offset;
    }

    /// A tensor of this shape and on this device, filled with one value.
    public Tensor full(double value) {
        return device.full(shape, value);
    }

    /// The same values, cut off from differentiation: sg(x). A view.
    public Tensor stopGradient() {
        return view(0, shape);
    }

    /// Overwrites all elements from the host, rounded to the tensor's type.
    public void upload(float... values) {
        upload(values.length, HostArray.of(dtype, values));
    }

    /// Overwrites all elements from the host, rounded to the tensor's type.
    public void upload(double... values) {
        upload(values.length, HostArray.of(dtype, values));
    }

    /// Overwrites all elements from the host, of a tensor of integers.
    public void upload(int... values) {
        upload(values.length, HostArray.of(dtype, values));
    }

    /// A copy of the elements on the host, rounded to float. Waits for the device.
    public float[] floats() {
        return HostArray.floats(download("floats()"));
    }

    /// A copy of the elements on the host. Waits for the device.
    public double[] doubles() {
        return HostArray.doubles(download("doubles()"));
    }

    /// A copy of the elements on the host, of a tensor of integers. Waits for the device.
    public int[] integers() {
        return HostArray.integers(dtype, download("integers()"));
    }

    /// The value of a tensor with one element. Waits for the device.
    ///
    /// @throws IllegalArgumentException if it has more
    public double item() {
        if (size() != 1) throw new IllegalArgumentException("only a tensor of one element has a value: " + shape);
        return HostArray.doubles(download("item()"))[0];
    }

    private void upload(int count, MemorySegment host) {
        if (count != shape.elements()) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + shape + " takes " + shape.elements() + " values, not " + count);
        }
        checkAlive();
        device.refuseInCapture("upload");
        device.upload(host, this);
    }

    private MemorySegment download(String call) {
        checkAlive();
        device.refuseInCapture(call);
        MemorySegment host = HostArray.empty(dtype, size());
        device.download(this, host);
        return host;
    }

    private void checkAlive() {
        if (!alive()) throw new IllegalStateException("the scope of this tensor " + shape + " was closed or reset");
    }

    /// Type, shape and device; small tensors also show their values.
    @Override
    public String toString() {
        String head = dtype + " " + shape + " on " + device.name();
        boolean shown = alive() && shape.elements() <= 16 && !device.capturing();
        return shown ? head + " " + Arrays.toString(doubles()) : head;
    }
}
