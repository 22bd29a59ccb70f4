package invar.benchmarks.work;

import invar.core.Device;
import invar.core.Tensor;

/// A reduction of a matrix (rows, columns).
public final class ReductionWork extends Workload {

    /// Which one.
    public enum Kind {
        /// The sum of everything.
        SUM,
        /// The sum of each row.
        SUM_OF_ROWS,
        /// The sum of each column.
        SUM_OF_COLUMNS,
        /// log Σ eˣ of each row.
        LOG_SUM_EXP,
        /// eˣ / Σ eˣ along each row.
        SOFTMAX
    }

    private final Kind kind;
    private final int rows, columns;
    private final Tensor x;

    public ReductionWork(Device device, Kind kind, int rows, int columns) {
        super(device);
        this.kind = kind;
        this.rows = rows;
        this.columns = columns;
        float[] values = Inputs.normal(1, rows * columns);
        for (int i = 0; i < values.length; i++) values[i] += 1;          // a sum that does not cancel
        this.x = input(values, rows, columns);
    }

    @Override
    protected Tensor[] compute() {
        return new Tensor[] {switch (kind) {
            case SUM -> x.sum();
            case SUM_OF_ROWS -> x.sum(1);
            case SUM_OF_COLUMNS -> x.sum(0);
            case LOG_SUM_EXP -> x.logSumExp(1);
            case SOFTMAX -> x.softmax(1);
        }};
    }

    @Override
    protected Workload small(Device on) {
        return new ReductionWork(on, kind, Math.min(rows, 35), Math.min(columns, 67));
    }

    @Override
    protected void inspect(Tensor[] out, Guard guard) {
        float[] values = x.floats(), result = out[0].floats();
        double all = 0;
        double[] ofColumns = new double[columns];
        for (int i = 0; i < rows; i++) {
            double[] row = DoubleRows.rows(values, columns, i);
            double sum = 0;
            for (int j = 0; j < columns; j++) {
                sum += row[j];
                ofColumns[j] += row[j];
            }
            all += sum;
            if (kind == Kind.SUM_OF_ROWS) guard.agree("row " + i, sum, result[i]);
            if (kind == Kind.LOG_SUM_EXP) guard.agree("row " + i, DoubleRows.logSumExp(row), result[i]);
            if (kind == Kind.SOFTMAX && i % 97 == 0) {
                double lse = DoubleRows.logSumExp(row);
                for (int j = 0; j < columns; j++) row[j] = Math.exp(row[j] - lse);
                guard.agree("row " + i, row, DoubleRows.rows(result, columns, i));
            }
        }
        if (kind == Kind.SUM) guard.agree("the sum", all, result[0]);
        if (kind == Kind.SUM_OF_COLUMNS) guard.agree("the sums", ofColumns, DoubleRows.rows(result, columns, 0));
    }

    @Override
    public String toString() {
        return kind + " of (" + rows + ", " + columns + ")";
    }
}
