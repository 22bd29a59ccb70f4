package invar.cpu;

/// One axis of a convolution, as a list for each place of the result: which taps of the window fall inside the source,
/// and on which places. Output place j and input place i belong to tap t when
/// ```
/// i = j · stride − padding + t · dilation        0 ≤ i < inputs, 0 ≤ j < outputs, 0 ≤ t < taps
/// ```
/// The taps are put in an order in which those of one place follow each other and move evenly through the source, so a
/// place needs three numbers. Taps outside are left out, not multiplied by zeros: on a 2 × 2 image with a 3 × 3 window
/// that is more than half of all work. The same holds for the gradient of the input, where with stride s only every
/// s-th tap reaches a place.
///
/// @param sources  extent of what is read
/// @param order    the tap at each position of the order
/// @param first    by place: position of its first tap
/// @param count    by place: number of taps, which may be zero
/// @param source   by place: where in the source its first tap falls
/// @param step     how far each following tap moves in the source
/// @param classes  positions where a new class of taps starts, and their number last: all taps of a place are of one
///                 class
/// @param phases   places of equal remainder modulo this number use the same class of taps
/// @param advance  how far a tap moves in the source from a place to the next of the same remainder
record ConvAxis(int sources, int[] order, int[] first, int[] count, int[] source, int step, int[] classes, int phases,
        int advance) {

    /// The axis of a convolution: places are outputs, sources are inputs.
    static ConvAxis forward(int inputs, int outputs, int taps, int stride, int padding, int dilation) {
        int[] order = new int[taps];
        for (int t = 0; t < taps; t++) {
            order[t] = t;
        }
        ConvAxis axis = new ConvAxis(inputs, order, new int[outputs], new int[outputs], new int[outputs], dilation,
                new int[] {0, taps}, 1, stride);
        for (int j = 0; j < outputs; j++) {
            int position = 0, i = j * stride - padding;
            for (; position < taps && i < 0; position++) {
                i += dilation;
            }
            axis.first[j] = position;
            axis.source[j] = i;
            for (; position < taps && i < inputs; position++) {
                i += dilation;
                axis.count[j]++;
            }
        }
        return axis;
    }

    /// The axis of the gradient of the input: places are inputs, sources are outputs.
    ///
    /// Taps that reach the same place are congruent modulo stride / gcd(stride, dilation); each class is ordered
    /// downwards, so that the output place moves upwards.
    static ConvAxis transposed(int inputs, int outputs, int taps, int stride, int padding, int dilation) {
        int divisor = gcd(stride, dilation), period = stride / divisor;
        int[] order = new int[taps], classes = new int[period + 1];
        int position = 0;
        for (int residue = 0; residue < period; residue++) {
            classes[residue] = position;
            for (int t = taps - 1; t >= 0; t--) {
                if (t % period == residue) {
                    order[position++] = t;
                }
            }
        }
        classes[period] = taps;
        ConvAxis axis = new ConvAxis(outputs, order, new int[inputs], new int[inputs], new int[inputs],
                dilation / divisor, classes, stride, 1);
        for (int i = 0; i < inputs; i++) {
            for (position = taps - 1; position >= 0; position--) {
                int distance = i + padding - order[position] * dilation;
                if (distance >= 0 && distance % stride == 0 && distance / stride < outputs) {
                    axis.first[i] = position;
                    axis.source[i] = distance / stride;
                    axis.count[i]++;
                }
            }
        }
        return axis;
    }

    int places() {
        return first.length;
    }

    int taps() {
        return order.length;
    }

    /// The class of taps that the tap at this position of the order is in.
    int classOf(int position) {
        int c = 0;
        while (classes[c + 1] <= position) {
            c++;
        }
        return c;
    }

    /// Marks what the places `from` ≤ place < `to` read.
    boolean[] read(int from, int to) {
        boolean[] read = new boolean[sources];
        for (int place = from; place < to; place++) {
            for (int t = 0; t < count[place]; t++) {
                read[source[place] + t * step] = true;
            }
        }
        return read;
    }

    private static int gcd(int a, int b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
