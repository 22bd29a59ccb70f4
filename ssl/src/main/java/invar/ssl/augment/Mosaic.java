package invar.ssl.augment;

/// What an image is cut into by an augmentation that lays pieces side by side, for a method that looks at each piece.
///
/// @param pieces `tiles` with gaps between what they show, each standardised by itself; or `patches` that overlap, each
///               changed by itself
/// @param grid   G, pieces on each side
public record Mosaic(String pieces, int grid) {

    /// As in `3 × 3 tiles`.
    @Override
    public String toString() {
        return grid + " × " + grid + " " + pieces;
    }
}
