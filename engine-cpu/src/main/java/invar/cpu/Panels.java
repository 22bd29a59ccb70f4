package invar.cpu;

import static invar.cpu.Lanes.COLUMNS;
import static invar.cpu.Lanes.SPECIES;
import static invar.cpu.Lanes.WIDTH;

import jdk.incubator.vector.FloatVector;

/// Packs parts of a matrix into the panels that [Tile] reads.
///
/// The matrix is given by the distances between neighbours, so that a transposed one is one with the distances
/// exchanged: element `(i, k)` is at `offset + i · iStep + k · kStep`. A panel holds `w` of the `i` (rows of A, or
/// columns of B) for all `k`, ordered `[k][w]`; places beyond the matrix are zero, and add nothing to a sum.
final class Panels {

    private Panels() {}

    /// Packs `rows` × `depth` elements of A into panels of the heights of [Tile#height], one after another: the panel
    /// that starts at row `i` starts at `to + i · depth`, and holds `paddedRows · depth` numbers in all.
    static void packRows(float[] a, int offset, int rowStep, int kStep, int rows, int depth, float[] panel, int to) {
        for (int row = 0; row < rows; ) {
            int height = Tile.height(rows - row);
            int used = Math.min(height, rows - row);
            int at = offset + row * rowStep, target = to + row * depth;
            if (used == 4 && height == 4) {
                packFour(a, at, rowStep, kStep, depth, panel, target);
            } else {
                packPanel(a, at, rowStep, kStep, used, depth, height, panel, target);
            }
            row += height;
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
        } else {
            packPanel(b, offset, columnStep, kStep, columns, depth, COLUMNS, panel, to);
        }
    }

    private static void packFour(float[] a, int at, int step, int kStep, int depth, float[] panel, int to) {
        int second = at + step, third = second + step, fourth = third + step;
        for (int k = 0; k < depth; k++) {
            panel[to + 4 * k] = a[at + k * kStep];
            panel[to + 4 * k + 1] = a[second + k * kStep];
            panel[to + 4 * k + 2] = a[third + k * kStep];
            panel[to + 4 * k + 3] = a[fourth + k * kStep];
        }
    }

    /// Packs `used ≤ width` × `depth` elements into one panel of any width that starts at `to`.
    static void packPanel(float[] a, int at, int step, int kStep, int used, int depth, int width, float[] panel,
            int to) {
        int i = 0;
        for (; i + 4 <= used; i += 4) {                        // four strided streams at once, in place of one
            int first = at + i * step, second = first + step, third = second + step, fourth = third + step;
            for (int k = 0, p = to + i; k < depth; k++, p += width) {
                panel[p] = a[first + k * kStep];
                panel[p + 1] = a[second + k * kStep];
                panel[p + 2] = a[third + k * kStep];
                panel[p + 3] = a[fourth + k * kStep];
            }
        }
        for (; i < used; i++) {
            for (int k = 0, p = to + i; k < depth; k++, p += width) {
                panel[p] = a[at + i * step + k * kStep];
            }
        }
        for (; i < width; i++) {
            for (int k = 0, p = to + i; k < depth; k++, p += width) {
                panel[p] = 0;
            }
        }
    }
}
