package invar.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The one vector shape every kernel of this backend is compiled for.
///
/// It is the widest shape the processor runs natively, and never a wider one: the Vector API emulates a shape the
/// processor lacks with objects on the heap, a hundred times slower. The fields are `static final`, so that the
/// compiler sees constants; a species that varies at run time would be boxed too.
final class Lanes {

    /// System property that overrides the number of bits (128, 256 or 512), for tests of the other kernels.
    static final String BITS_PROPERTY = "invar.cpu.bits";

    static final VectorSpecies<Float> SPECIES = choose();

    /// Floats in one vector.
    static final int WIDTH = SPECIES.length();

    /// Columns of a register tile of [Tile]: two vectors, so that each broadcast element of A is used twice.
    static final int COLUMNS = 2 * WIDTH;

    private Lanes() {}

    private static VectorSpecies<Float> choose() {
        String bits = System.getProperty(BITS_PROPERTY);
        if (bits == null) {
            return switch (FloatVector.SPECIES_PREFERRED.vectorBitSize()) {
                case 64, 128 -> FloatVector.SPECIES_128;
                case 256 -> FloatVector.SPECIES_256;
                default -> FloatVector.SPECIES_512;
            };
        }
        return switch (bits) {
            case "128" -> FloatVector.SPECIES_128;
            case "256" -> FloatVector.SPECIES_256;
            case "512" -> FloatVector.SPECIES_512;
            default -> throw new IllegalArgumentException(
                    "-D" + BITS_PROPERTY + " must be 128, 256 or 512 but is " + bits);
        };
    }
}
