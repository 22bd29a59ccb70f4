package invar.benchmarks.compare;

/// Something a case is compared with.
///
/// @param label what the page calls it
/// @param library which processes run it: see [Libraries]
/// @param name of the case there
/// @param bar how many times as fast as this we have to be; 0 if nothing is asked
record Rival(String label, Libraries library, String name, double bar) {

    static Rival torch(String name, double bar) {
        return new Rival("libtorch", Libraries.TORCH, name, bar);
    }
}
