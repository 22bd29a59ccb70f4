/// Our kernels side by side with those of other libraries, in one run: `dev/bench.sh`.
///
/// Each library lives in a process of its own ([Child]) that prepares cases and times rounds of them when asked; the
/// driver ([Compare]) lets them work in turn, one at a time, and compares their results and their times.
package invar.benchmarks.compare;
