/*
Copies in another order, and zeros around them.           ops: invar.core.MovementOp (Permute, Concat, Slice, Embed,
                                                               Gather, OneHot, FillDiagonal), ReductionOp.BroadcastTo
    strided         y[i] = x[place(i)]                                          place: see Repeat, any strides
    transpose       y[.., b, .., a] = x[.., a, .., b]                           both last axes are longer than 15
    copy_rows       y[r, j] = x[r, j], j < run                                  of rows of their own pitch
    embed           y[r, j] = x[r, j - from] where there is one, else 0
    gather          y[i, j] = x[index[i], j]
    one_hot         y[i, c] = 1 where c = label[i], else 0
    fill_diagonal   y[i, j] = value where i = j, else x[i, j]

launch   grid = min(ceil(n / 256), 32 blocks a multiprocessor), block = 256, n elements of y (copy_rows: that are
         copied); transpose: a tile of 32 x 32 a block of 256
traffic  every number that is needed read once, every output written once. Lanes of a warp write neighbours; strided
         reads them apart where the last axis moves, from lines that the next warps use too; transpose goes through
         shared memory, whose rows have 33 numbers so that columns lie in different banks
numerics none
order    one thread writes an element: bitwise reproducible
versions not measured yet on a GPU
*/
#include "common.cuh"

constexpr int THREADS = 256, TILE = 32;

KERNEL strided(const float* __restrict__ x, float* __restrict__ y, i64 n, Repeat from) {
    for (i64 i = first_element(); i < n; i += all_threads()) y[i] = x[from.place(i)];
}

// Axis a: the last of y, `rows` long, `row_step` apart in x. Axis b: the last of x, `columns` long, `column_step` apart
// in y. The others are counted by `xs` and `ys`, with their strides in x and y.
KERNEL __launch_bounds__(THREADS) transpose(const float* __restrict__ x, float* __restrict__ y, i64 rows, i64 row_step,
    i64 columns, i64 column_step, Repeat xs, Repeat ys) {
    __shared__ float tile[TILE][TILE + 1];
    i64 across = (columns + TILE - 1) / TILE, down = (rows + TILE - 1) / TILE;
    i64 batch = blockIdx.x / (across * down), rest = blockIdx.x - batch * (across * down);
    i64 row = rest / across * TILE, column = rest % across * TILE;
    int lane = threadIdx.x % TILE, first = threadIdx.x / TILE;
    x += xs.place(batch);
    y += ys.place(batch);
#pragma unroll
    for (int k = 0; k < TILE; k += THREADS / TILE) {
        i64 a = row + first + k, b = column + lane;
        if (a < rows && b < columns) tile[first + k][lane] = x[a * row_step + b];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < TILE; k += THREADS / TILE) {
        i64 a = row + lane, b = column + first + k;
        if (a < rows && b < columns) y[b * column_step + a] = tile[lane][first + k];
    }
}

KERNEL copy_rows(const float* __restrict__ x, i64 x_pitch, float* __restrict__ y, i64 y_pitch, i64 run, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        i64 row = i / run, j = i - row * run;
        y[row * y_pitch + j] = x[row * x_pitch + j];
    }
}

KERNEL embed(const float* __restrict__ x, i64 run, float* __restrict__ y, i64 pitch, i64 from, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        i64 row = i / pitch, j = i - row * pitch - from;
        y[i] = j >= 0 && j < run ? x[row * run + j] : 0.0f;
    }
}

KERNEL gather(const float* __restrict__ x, const int* __restrict__ index, float* __restrict__ y, i64 width, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        i64 row = i / width;
        y[i] = x[index[row] * width + (i - row * width)];
    }
}

KERNEL one_hot(const int* __restrict__ label, float* __restrict__ y, i64 classes, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        i64 row = i / classes;
        y[i] = label[row] == i - row * classes ? 1.0f : 0.0f;
    }
}

KERNEL fill_diagonal(const float* __restrict__ x, float* __restrict__ y, i64 columns, i64 n, float value) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        i64 row = i / columns;
        y[i] = row == i - row * columns ? value : x[i];
    }
}
