package invar.core;

/// The type of a tensor's elements.
public enum DType {
    /// 32-bit IEEE float: what the CPU and CUDA backends compute in.
    F32(4),
    /// 64-bit IEEE float: what the reference backend computes in.
    F64(8),
    /// 32-bit signed integer: class labels, row indices.
    I32(4);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /// Size of one element in bytes.
    public int bytes() {
        return bytes;
    }

    /// True for the types that carry gradients.
    public boolean floating() {
        return this != I32;
    }
}
