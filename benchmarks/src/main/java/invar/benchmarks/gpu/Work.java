package invar.benchmarks.gpu;

import invar.core.spi.Precision;

/// What a call has to do at least, by the formula.
///
/// @param flops floating-point operations of matrix products and convolutions
/// @param exps  exponentials
/// @param bytes to and from the device's memory: each input read once, each output written once
record Work(double flops, double exps, double bytes) {

    /// The shortest time at these rates, in seconds: what takes longest, if all else is done meanwhile. A rate that is
    /// not known, 0, sets no bound.
    double bound(Rates rates, Precision precision) {
        double products = time(flops, rates.flops(precision));
        return Math.max(products, Math.max(time(exps, rates.exps()), time(bytes, rates.bytes())));
    }

    /// Which of the three the bound is.
    String limit(Rates rates, Precision precision) {
        double bound = bound(rates, precision);
        if (bound == 0) return "";
        if (bound == time(flops, rates.flops(precision))) return "products";
        return bound == time(bytes, rates.bytes()) ? "bytes" : "exponentials";
    }

    private static double time(double amount, double rate) {
        return rate > 0 ? amount / rate : 0;
    }
}
