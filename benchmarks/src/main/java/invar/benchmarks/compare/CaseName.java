package invar.benchmarks.compare;

import invar.benchmarks.work.ConvWork;
import invar.benchmarks.work.Inputs;
import java.util.Arrays;

/// The name of a case: what it is, then its sizes, e.g. `conv-forward/64/64/32/64/3/1`. Every library makes the same
/// case from the same name.
///
/// @param what  before the first slash
/// @param sizes after it
public record CaseName(String what, int... sizes) {

    /// Reads a name.
    public static CaseName of(String name) {
        String[] parts = name.split("/");
        int[] sizes = Arrays.stream(parts).skip(1).mapToInt(Integer::parseInt).toArray();
        return new CaseName(parts[0], sizes);
    }

    /// Size `i`.
    public int size(int i) {
        return sizes[i];
    }

    /// Whether a call moves what the next call works on; then the sample is of two calls.
    public boolean training() {
        return what.equals("sgd") || what.equals("resnet");
    }

    /// The sizes of a convolution.
    public ConvWork.Sizes conv() {
        return new ConvWork.Sizes(size(0), size(1), size(2), size(3), size(4), size(5));
    }

    /// At most 97 values of a result, evenly spread: what is compared between libraries.
    public static float[] spread(float[] values) {
        int[] places = Inputs.places(values.length, 97);
        float[] some = new float[places.length];
        for (int i = 0; i < some.length; i++) some[i] = values[places[i]];
        return some;
    }

    /// The values of several results, one after the other.
    public static float[] joined(float[]... results) {
        int n = 0;
        for (float[] result : results) n += result.length;
        float[] all = new float[n];
        n = 0;
        for (float[] result : results) {
            System.arraycopy(result, 0, all, n, result.length);
            n += result.length;
        }
        return all;
    }
}
