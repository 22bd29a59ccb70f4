/// JMH benchmarks, one class for each question; `java -jar benchmarks/target/benchmarks.jar` runs them.
package invar.benchmarks;
