package invar.benchmarks.gpu;

/// Something asked of us in a case.
///
/// @param kind  what is compared
/// @param least the bar: a ratio, a share, or for [Kind#MEMORY] the most bytes
record Bar(Kind kind, double least) {

    /// What a bar is about.
    enum Kind {
        /// Time of PyTorch without compilation, its fastest form, by ours.
        EAGER("x eager"),
        /// Time of compiled PyTorch, its fastest form, by ours.
        COMPILE("x compile"),
        /// The roofline's time by ours, at the rates of the data sheet, or at measured ones where it is not known.
        ROOFLINE("of the roofline"),
        /// Bytes by time, as a share of the measured rate of a copy.
        BANDWIDTH("of the copy rate"),
        /// The most memory of the device, in bytes.
        MEMORY("bytes");

        private final String unit;

        Kind(String unit) {
            this.unit = unit;
        }

        /// What the number is of.
        String unit() {
            return unit;
        }
    }
}
