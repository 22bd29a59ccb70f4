package invar.ssl.part;

import invar.core.Device;
import invar.core.Shape;
import invar.core.Tensor;
import invar.nn.Buffer;
import invar.ssl.Losses;
import java.util.Arrays;

/// Classes that a clustering gave to the images of a data set, and the cross entropy with them.
///
/// The class of an image is looked up on the device, by the number of the image, so that a step never waits for the
/// host. For that the classes, whole numbers up to 2²⁴, are kept in the device's floating type, which holds them
/// exactly: an op that gathers rows gathers no integers.
///
/// @param table   (n, 1), persistent: the class of each image, [Losses#IGNORED] for images without
/// @param classes (K), persistent: 0, 1, …, K − 1, which is never changed
public record ClusterLabels(@Buffer Tensor table, @Buffer Tensor classes) {

    /// No image has a class yet.
    ///
    /// @param images  n
    /// @param classes K
    public static ClusterLabels of(Device device, int images, int classes) {
        double[] numbers = new double[classes];
        for (int c = 0; c < classes; c++) numbers[c] = c;
        return device.persistent(() -> new ClusterLabels(device.full(Shape.of(images, 1), Losses.IGNORED),
                device.tensor(Shape.of(classes), numbers)));
    }

    /// Gives these images these classes, and none to all others.
    ///
    /// @param images different ones
    /// @param found  the class of each
    public void replace(int[] images, int[] found) {
        double[] values = new double[table.dim(0)];
        Arrays.fill(values, Losses.IGNORED);
        for (int i = 0; i < images.length; i++) values[images[i]] = found[i];
        table.upload(values);
    }

    /// The class of every image. Waits for the device.
    public int[] all() {
        return Arrays.stream(table.doubles()).mapToInt(value -> (int) value).toArray();
    }

    /// The share of the classes that some image has. Waits for the device.
    public double share() {
        return (double) Arrays.stream(all()).filter(label -> label >= 0).distinct().count() / classes.dim(0);
    }

    /// Softmax cross entropy of the views of a batch with their images' classes, the mean over all rows whose image has
    /// one, as [Losses#crossEntropy] with [Losses#IGNORED]; 0 if none has.
    ///
    /// @param logits (V · N, K), the rows of each view after those of the one before
    /// @param index  (N), I32, the number of each image
    public Tensor crossEntropy(Tensor logits, Tensor index) {
        int n = index.dim(0), k = classes.dim(0), views = logits.dim(0) / n;
        Tensor label = table.stopGradient().gather(index);                                  // (N, 1)
        Tensor target = label.equal(classes.stopGradient().reshape(1, k));                  // (N, K)
        Tensor byView = logits.logSoftmax(1).reshape(views, n, k);
        return byView.mul(target).sum().div(target.sum().clampMin(1)).scale(-1.0 / views);
    }
}
