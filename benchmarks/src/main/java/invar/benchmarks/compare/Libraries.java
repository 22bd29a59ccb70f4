package invar.benchmarks.compare;

/// Who takes part.
enum Libraries {
    /// This project.
    INVAR,
    /// This project without its fused kernels.
    COMPOSED,
    /// libtorch, in two processes: with the C library's memory allocation as it is, and tuned.
    TORCH,
    /// OpenBLAS.
    OPENBLAS,
    /// The ceilings in Java.
    JAVA_CEILING,
    /// The ceilings in C.
    C_CEILING
}
