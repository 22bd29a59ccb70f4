package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Packs parts of a matrix into the panels that [Tile] reads.
///
/// The matrix is given by the distances between neighbours, so that a transposed one is one with the distances
/// exchanged: element `(i, k)` is at `offset + i · iStep + k · kStep`. A panel holds `w` of the `i` (rows of A, or
/// columns of B) for all `k`, ordered `[k][w]`; places beyond the matrix are zero, and add nothing to a sum.
final class Panels {

    private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

    private Panels() {}

    /// Packs `rows` × `depth` elements of A into panels of the heights of [Tile#height], one after another: the panel
    /// that starts at row `i` starts at `to + i · depth`, and holds `paddedRows · depth` numbers in all.
    static void packRows(float[] a, int offset, int rowStep, int kStep, int rows, int depth, float[] panel, int to) {
        packRows(a, offset, rowStep, kStep, rows, 0, Tile.panels(rows), depth, panel, to);
    }

    /// The same, only the panels `first` ≤ panel < `last` of all that `rows` rows have; `offset` and `to` are those of
    /// the first row of all.
    static void packRows(float[] a, int offset, int rowStep, int kStep, int rows, int first, int last, int depth,
            float[] panel, int to) {
        for (int p = first; p < last; p++) {
            int row = Tile.start(p, rows), height = Tile.height(rows - row), used = Math.min(height, rows - row);
            int at = offset + row * rowStep, target = to + row * depth;
            if (rowStep == 1 && used == height) {
                copyRows(a, at, kStep, depth, height, panel, target);
            } else {
                packPanel(a, at, rowStep, kStep, used, depth, height, panel, target);
            }
        }
    }

    /// Packs `columns ≤ COLUMNS` × `depth` elements of B into one panel of width [Lanes#COLUMNS] that starts at `to`.
    static void packColumns(float[] b, int offset, int columnStep, int kStep, int columns, int depth, float[] panel,
            int to) {
        if (columns == COLUMNS && columnStep == 1) {
            for (int k = 0; k < depth; k++) {
                FloatVector.fromArray(SPECIES, b, offset + k * kStep).intoArray(panel, to + k * COLUMNS);
                FloatVector.fromArray(SPECIES, b, offset + k * kStep + WIDTH)
                        .intoArray(panel, to + k * COLUMNS + WIDTH);
            }
        } else if (kStep == 1) {
            Transpose.interleave(b, offset, columnStep, columns, depth, panel, to, COLUMNS, COLUMNS);
        } else {
            packPanel(b, offset, columnStep, kStep, columns, depth, COLUMNS, panel, to);
        }
    }

    /// Rows whose elements are neighbours: two runs of four for each k, which overlap if there are six rows.
    private static void copyRows(float[] a, int at, int kStep, int depth, int height, float[] panel, int to) {
        int second = height - 4;
        for (int k = 0; k < depth; k++) {
            FloatVector.fromArray(FOUR, a, at + k * kStep).intoArray(panel, to + k * height);
            FloatVector.fromArray(FOUR, a, at + k * kStep + second).intoArray(panel, to + k * height + second);
        }
    }

    /// Packs `used ≤ width` × `depth` elements into one panel of any width that starts at `to`.
    static void packPanel(float[] a, int at, int step, int kStep, int used, int depth, int width, float[] panel,
            int to) {
        for (int i = 0; i < used && used >= 4; i += 4) {
            packFour(a, at, step, kStep, Math.min(i, used - 4), depth, width, panel, to);      // the last may overlap
        }
        for (int i = used >= 4 ? used : 0; i < width; i++) {
            for (int k = 0, p = to + i; k < depth; k++, p += width) {
                panel[p] = i < used ? a[at + i * step + k * kStep] : 0;
            }
        }
    }

    /// Packs four rows, from row `i` on.
    private static void packFour(float[] a, int at, int step, int kStep, int i, int depth, int width, float[] panel,
            int to) {
        int first = at + i * step, second = first + step, third = second + step, fourth = third + step;
        int k = kStep == 1 && WIDTH >= 8 ? Transpose.interleaveFour(a, first, step, depth, panel, to + i, width) : 0;
        for (int p = to + i + k * width; k < depth; k++, p += width) {
            panel[p] = a[first + k * kStep];
            panel[p + 1] = a[second + k * kStep];
            panel[p + 2] = a[third + k * kStep];
            panel[p + 3] = a[fourth + k * kStep];
        }
    }
}
