package invar.ssl.probe;

import invar.core.Tensor;

/// Share of samples that are classified rightly, in [0, 1].
public final class Accuracy {

    private Accuracy() {}

    /// The share of rows whose label is among the k largest logits. Of equal logits the one of the lower class is
    /// counted as larger, so a constant row is right for class 0 only.
    ///
    /// @param logits (N, C); a row with a NaN counts as wrong
    /// @param labels N classes in 0 … C − 1
    /// @param k      1 … C
    /// @throws IllegalArgumentException if one of these rules is broken
    public static double topK(Tensor logits, int[] labels, int k) {
        int n = logits.dim(0), classes = logits.dim(1);
        if (labels.length != n) {
            throw new IllegalArgumentException(n + " rows of logits need as many labels, not " + labels.length);
        }
        if (k < 1 || k > classes) {
            throw new IllegalArgumentException("k must be in 1 … " + classes + ", the number of classes, but is " + k);
        }
        double[] values = logits.doubles();
        int right = 0;
        for (int i = 0; i < n; i++) {
            if (labels[i] < 0 || labels[i] >= classes) {
                throw new IllegalArgumentException(
                        "label " + labels[i] + " of row " + i + " is not in 0 … " + (classes - 1));
            }
            if (place(values, i * classes, classes, labels[i]) < k) right++;
        }
        return (double) right / n;
    }

    /// How many classes come before `label` when a row is sorted, largest first; `classes` if the row has a NaN.
    private static int place(double[] values, int from, int classes, int label) {
        double own = values[from + label];
        int before = 0;
        for (int c = 0; c < classes; c++) {
            double other = values[from + c];
            if (Double.isNaN(other)) return classes;
            if (other > own || other == own && c < label) before++;
        }
        return before;
    }

    /// The share of places where prediction and label agree.
    ///
    /// @throws IllegalArgumentException if there are none, or not as many of one as of the other
    public static double of(int[] predictions, int[] labels) {
        if (predictions.length != labels.length || labels.length == 0) {
            throw new IllegalArgumentException("there must be as many predictions as labels and at least one, not "
                    + predictions.length + " and " + labels.length);
        }
        int right = 0;
        for (int i = 0; i < labels.length; i++) {
            if (predictions[i] == labels[i]) right++;
        }
        return (double) right / labels.length;
    }
}
