package invar.benchmarks.compare;

/// One case, ready to be called again and again by a [Child].
public interface Job extends AutoCloseable {

    /// Some numbers of the result, the same ones in every library; called once, before anything is timed. A job that
    /// can checks its result here, and throws if it is wrong.
    float[] sample();

    /// What is timed.
    void call();

    /// What must be made for the next calls but is not part of them, such as the forward pass of a gradient.
    default void before(int calls) {}

    /// How many calls [#before] may be asked to prepare.
    default int mostCalls() {
        return Integer.MAX_VALUE;
    }

    @Override
    void close();
}
