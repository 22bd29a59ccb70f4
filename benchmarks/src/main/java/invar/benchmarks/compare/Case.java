package invar.benchmarks.compare;

import java.util.List;

/// One row of the comparison.
///
/// @param group  cases that are run and written together
/// @param title  for the page
/// @param name   see [CaseName]
/// @param flops  floating-point operations of a call by the formula, 0 where memory is the limit
/// @param bytes  that a call has to move to and from memory at least, 0 where arithmetic is the limit
/// @param memory the ceiling with the same streams, empty if the multiply-adds are the ceiling
/// @param share  of the ceiling that has to be reached, 0 if nothing is asked
/// @param images of one call, 0 if it is not about images
/// @param heap   in MB: if it is not 0, one call is made in a process with so small a heap, and its memory is reported
/// @param rivals others to compare with
record Case(String group, String title, String name, double flops, double bytes, String memory, double share,
        int images, int heap, List<Rival> rivals) {
}
