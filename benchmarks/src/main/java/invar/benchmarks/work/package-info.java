/// What is timed: one class per computation, the same for the JMH benchmarks and for the comparison with other
/// libraries, each with a guard that compares its result with another computation in double before anything is timed.
package invar.benchmarks.work;
