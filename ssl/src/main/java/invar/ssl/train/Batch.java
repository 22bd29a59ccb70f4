package invar.ssl.train;

import invar.core.fused.AugmentImages;

/// The images of one step, augmented and ready, or what a device needs to make their views.
///
/// @param views  one array for each view: (N, 3, S, S) row-major, S its own, normalised; valid until the next batch is
///               taken. For a device: what is to be done to each view
/// @param images which images of the data set, N numbers
/// @param bytes  for a device that does not have the data: the drawings of each image that its views are of, as
///               [AugmentImages] takes them; else none
public record Batch(float[][] views, int[] images, int[] bytes) {

    /// Without bytes.
    public Batch(float[][] views, int[] images) {
        this(views, images, new int[0]);
    }
}
