package invar.benchmarks.compare;

/// Who takes part.
enum Libraries {
    /// This project.
    INVAR("Invar", false),
    /// This project without its fused kernels.
    COMPOSED("Invar, composed", false),
    /// libtorch, in two processes: with the C library's memory allocation as it is, and tuned.
    TORCH("libtorch", false),
    /// OpenBLAS.
    OPENBLAS("OpenBLAS", true),
    /// The ceilings in Java.
    JAVA_CEILING("ceilings in Java", false),
    /// The ceilings in C.
    C_CEILING("ceilings in C", true);

    private final String title;
    private final boolean optional;

    Libraries(String title, boolean optional) {
        this.title = title;
        this.optional = optional;
    }

    /// What people call it.
    String title() {
        return title;
    }

    /// Whether a table may do without it, if it is not installed and no bar of the table is set against it.
    /// libtorch is no such library: `dev/bench.sh` installs it.
    boolean optional() {
        return optional;
    }
}
