package invar.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import invar.core.spi.Precision;
import invar.core.testkit.Factors;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/// A matrix in f64, row by row, to say in a test what tensor cores should compute, and how far they may be from it.
record Matrix(int rows, int columns, double[] values) {

    /// Standardised columns of x as kernels make them in single precision.
    static Matrix standard(int rows, int columns, double[] x, double[] means, double[] rstds, double scale) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            int column = i % columns;
            y[i] = ((float) x[i] - (float) means[column]) * (float) rstds[column] * (float) scale;
        }
        return new Matrix(rows, columns, y);
    }

    double at(int row, int column) {
        return values[row * columns + column];
    }

    Matrix map(DoubleUnaryOperator f) {
        double[] y = new double[values.length];
        for (int i = 0; i < y.length; i++) y[i] = f.applyAsDouble(values[i]);
        return new Matrix(rows, columns, y);
    }

    Matrix with(Matrix other, DoubleBinaryOperator f) {
        double[] y = new double[values.length];
        for (int i = 0; i < y.length; i++) y[i] = f.applyAsDouble(values[i], other.values[i]);
        return new Matrix(rows, columns, y);
    }

    Matrix plus(Matrix other) {
        return with(other, Double::sum);
    }

    Matrix scale(double by) {
        return map(x -> by * x);
    }

    /// Every column times a number of its own.
    Matrix scaleColumns(double[] by) {
        double[] y = values.clone();
        for (int i = 0; i < y.length; i++) y[i] *= by[i % columns];
        return new Matrix(rows, columns, y);
    }

    Matrix abs() {
        return map(Math::abs);
    }

    Matrix rounded(Precision precision) {
        return map(x -> Factors.rounded(precision, x));
    }

    Matrix transposed() {
        double[] y = new double[values.length];
        for (int i = 0; i < y.length; i++) y[i] = at(i % rows, i / rows);
        return new Matrix(columns, rows, y);
    }

    Matrix times(Matrix other) {
        double[] y = new double[rows * other.columns];
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < columns; k++) {
                double factor = at(i, k);
                for (int j = 0; j < other.columns; j++) y[i * other.columns + j] += factor * other.at(k, j);
            }
        }
        return new Matrix(rows, other.columns, y);
    }

    /// ⟨this, other⟩
    double dot(Matrix other) {
        double sum = 0;
        for (int i = 0; i < values.length; i++) sum += values[i] * other.values[i];
        return sum;
    }

    /// The mean of every column.
    double[] means() {
        double[] means = new double[columns];
        for (int i = 0; i < values.length; i++) means[i % columns] += values[i] / rows;
        return means;
    }

    /// A gradient g, this, through standardised columns x: rstd (g − mean g − x · mean (g x)). With `sign` 1 in place
    /// of −1, of absolute values, what that makes of errors as large as g.
    Matrix throughNorm(Matrix x, double[] rstds, int sign) {
        double[] means = means(), along = with(x, (g, v) -> g * v).means(), y = new double[values.length];
        for (int i = 0; i < y.length; i++) {
            int column = i % columns;
            y[i] = rstds[column] * (values[i] + sign * means[column] + sign * x.values[i] * along[column]);
        }
        return new Matrix(rows, columns, y);
    }

    /// Checks that no element of `actual` is farther from this than `allowed` says.
    void assertNear(String what, double[] actual, Matrix allowed) {
        assertThat(actual).hasSameSizeAs(values);
        for (int i = 0; i < values.length; i++) {
            assertThat(Math.abs(actual[i] - values[i])).as("%s, row %d, column %d: %s, not %s", what, i / columns,
                    i % columns, actual[i], values[i]).isLessThanOrEqualTo(allowed.values[i] + Float.MIN_NORMAL);
        }
    }

    /// How many times the allowed difference the largest one is.
    double farthest(double[] actual, Matrix allowed) {
        double most = 0;
        for (int i = 0; i < values.length; i++) {
            most = Math.max(most, Math.abs(actual[i] - values[i]) / (allowed.values[i] + Float.MIN_NORMAL));
        }
        return most;
    }
}
