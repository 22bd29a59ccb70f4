package invar.ssl.method;

/// Settings of a method whose views are mosaics.
public interface Gridded {

    /// G, pieces on each side of a mosaic.
    int grid();
}
