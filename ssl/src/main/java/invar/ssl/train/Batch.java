package invar.ssl.train;

/// The images of one step, augmented and ready.
///
/// @param views one array for each view: (N, 3, S, S) row-major, S its own, normalised; valid until the next batch is
///              taken. From a loader of rows: what is to be done to each view
/// @param images which images of the data set, N numbers
public record Batch(float[][] views, int[] images) {}
