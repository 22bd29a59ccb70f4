/*
Softmax, its logarithm, and the logarithm of its denominator.    ops: invar.core.ReductionOp (LogSumExp, Softmax,
                                                                  LogSoftmax)
    m = max x        s = sum of e^(x - m)        along the middle axis
    kind 0: y = m + ln s        kind 1: y = e^(x - m) / s        kind 2: y = (x - m) - ln s

m and s of a long slice come from one reading: of a part, s refers to the part's own m, and two parts are joined by
s = s1 e^(m1 - m) + s2 e^(m2 - m) (Milakov, Gimelshein, "Online normalizer calculation for softmax", 2018,
arXiv:1805.02867, algorithm 3).

x        (outer, n, inner)
y        (outer, 1, inner) for kind 0, else as x
parts    (outer inner, parts) triples m, s, low: of pieces of `each` terms, where slices are few and long
launch   softmax_short, softmax_medium: inner = 1, a row by 2^shift <= 32 lanes with 8 or 32 of its numbers each in
         registers, block = 256, grid = ceil(outer 2^shift / 256)
         softmax_tiles: 2^shift slices and 256 / 2^shift terms at a time a block, block = 256,
         grid = ceil(outer inner / 2^shift)
         softmax_parts, softmax_finish: the same, grid = (ceil(outer inner / 2^shift), parts)
traffic  short and medium: x read once, y written once; else x is read again for kinds 1 and 2, from the caches where a
         slice fits
numerics f32, expf and logf as in CUDA's math library; s is summed to twice the precision. No exponential overflows.
         Terms of -inf count as absent: a slice of nothing else has y = -inf for kind 0, and NaN for the others; +inf
         gives +inf for kind 0, and NaN for the others; NaN gives NaN
order    a thread adds its terms in order, threads are joined in a fixed tree, parts in order: bitwise reproducible;
         the number of parts depends on extents alone
versions not measured yet on a GPU
*/
#include "common.cuh"

constexpr int THREADS = 256;                             // invar.cuda.Reductions says the same
constexpr int TOGETHER = 8;                              // terms for which m and s are joined once
constexpr int LOG_SUM_EXP = 0, SOFTMAX = 1;

// What is subtracted in exponents: m, or 0 where there is nothing but -inf.
__device__ __forceinline__ float shift_of(float m) { return m == -infinity() ? 0.0f : m; }

// Terms so far: their maximum, and s + low, the sum of e^(x - m). `low` is what s lost by rounding, since ln s of a
// slice that one number rules is as small as what is lost: Knuth, "The Art of Computer Programming", volume 2, section
// 4.2.2, theorem B. No fused multiply-adds may come in between.
struct Running {
    float m, s, low;

    __device__ __forceinline__ void add(float term) {
        float sum = __fadd_rn(s, term), of_term = __fadd_rn(sum, -s), of_s = __fadd_rn(sum, -of_term);
        low = __fadd_rn(low, __fadd_rn(__fadd_rn(s, -of_s), __fadd_rn(term, -of_term)));
        s = sum;
    }

    // Refers the sum to a maximum that is not smaller.
    __device__ __forceinline__ void refer(float maximum) {
        float by = expf(m - shift_of(maximum));
        s = __fmul_rn(s, by);
        low = __fmul_rn(low, by);
        m = maximum;
    }

    __device__ __forceinline__ void join(Running other) {
        float top = max_or_nan(m, other.m);
        refer(top);
        other.refer(top);
        low = __fadd_rn(low, other.low);
        add(other.s);
    }

    // ln (s + low), with s + low rounded as a sum in f64 is, to which this op is held: 1 + 2^-60 is 1.
    __device__ __forceinline__ float log_sum() const {
        double sum = static_cast<double>(s) + low;
        return logf(s) + static_cast<float>(sum - s) / s;
    }

    __device__ __forceinline__ float log_sum_exp() const { return fabsf(m) == infinity() ? m : m + log_sum(); }
};

// y from x once m and s are known.
struct Result {
    int kind;
    float m, by;

    __device__ __forceinline__ Result(int kind, Running all)
        : kind(kind), m(all.m), by(kind == SOFTMAX ? 1.0f / all.s : all.log_sum()) {}

    __device__ __forceinline__ float of(float x) const {
        return kind == SOFTMAX ? expf(x - m) * by : x - m - by;
    }
};

// A row in registers: element lane + k lanes of a row is v[k].
template <int EACH>
__device__ __forceinline__ void softmax_row(const float* x, float* y, i64 rows, int n, int shift, int kind) {
    i64 row = first_element() >> shift;
    int lanes = 1 << shift, lane = threadIdx.x & (lanes - 1), count = row < rows ? n : 0;
    x += row * n;
    float v[EACH];
    Running all{-infinity(), 0.0f, 0.0f};
#pragma unroll
    for (int k = 0; k < EACH; k++) {
        int i = lane + (k << shift);
        v[k] = i < count ? x[i] : -infinity();
        all.m = max_or_nan(all.m, v[k]);
    }
    for (int step = lanes / 2; step > 0; step /= 2) {
        all.m = max_or_nan(all.m, __shfl_xor_sync(ALL_LANES, all.m, step));
    }
    float minus = shift_of(all.m);
#pragma unroll
    for (int k = 0; k < EACH; k++) {
        float e = expf(v[k] - minus);
        all.add(e);
        if (kind == SOFTMAX) v[k] = e;
    }
    for (int step = lanes / 2; step > 0; step /= 2) {
        all.low += __shfl_xor_sync(ALL_LANES, all.low, step);
        all.add(__shfl_xor_sync(ALL_LANES, all.s, step));
    }
    if (count == 0) return;
    if (kind == LOG_SUM_EXP) {
        if (lane == 0) y[row] = all.log_sum_exp();
        return;
    }
    y += row * n;
    float by = kind == SOFTMAX ? 1.0f / all.s : all.log_sum();
#pragma unroll
    for (int k = 0; k < EACH; k++) {
        int i = lane + (k << shift);
        if (i < count) y[i] = kind == SOFTMAX ? v[k] * by : v[k] - all.m - by;
    }
}

KERNEL __launch_bounds__(THREADS) softmax_short(const float* __restrict__ x, float* __restrict__ y, i64 rows, int n,
    int shift, int kind) {
    softmax_row<8>(x, y, rows, n, shift, kind);
}

KERNEL __launch_bounds__(THREADS) softmax_medium(const float* __restrict__ x, float* __restrict__ y, i64 rows, int n,
    int shift, int kind) {
    softmax_row<32>(x, y, rows, n, shift, kind);
}

// m and s of terms k, k + step, ... < end of a slice.
__device__ __forceinline__ Running run(const float* x, i64 k, i64 end, int step, i64 inner) {
    Running all{-infinity(), 0.0f, 0.0f};
    i64 jump = step * inner;
    x += k * inner;
    for (; k + (TOGETHER - 1) * step < end; k += TOGETHER * step, x += TOGETHER * jump) {
        float v[TOGETHER], m = all.m;
#pragma unroll
        for (int j = 0; j < TOGETHER; j++) {
            v[j] = x[j * jump];
            m = max_or_nan(m, v[j]);
        }
        all.refer(m);
        float minus = shift_of(m);
#pragma unroll
        for (int j = 0; j < TOGETHER; j++) all.add(expf(v[j] - minus));
    }
    for (; k < end; k += step, x += jump) {
        all.refer(max_or_nan(all.m, *x));
        all.add(expf(*x - shift_of(all.m)));
    }
    return all;
}

// Where a thread stands in a tile: its slice and its first term.
struct Tile {
    i64 column, start;
    int row, rows, shift;

    __device__ __forceinline__ Tile(i64 n, i64 inner, int shift) : shift(shift) {
        row = threadIdx.x >> shift;
        rows = THREADS >> shift;
        column = (static_cast<i64>(blockIdx.x) << shift) + (threadIdx.x & ((1 << shift) - 1));
        i64 outer = column / inner;
        start = outer * (n - 1) * inner + column;        // outer n inner + column - outer inner
    }

    // The join over all threads of a slice, for every one of them.
    __device__ __forceinline__ Running join(Running own, Running* shared) const {
        shared[threadIdx.x] = own;
        for (int half = rows / 2; half > 0; half /= 2) {
            __syncthreads();
            if (row < half) {
                own.join(shared[threadIdx.x + (half << shift)]);
                shared[threadIdx.x] = own;
            }
        }
        __syncthreads();
        return shared[threadIdx.x & ((1 << shift) - 1)];
    }

    __device__ __forceinline__ void write(Running all, const float* x, float* y, i64 from, i64 to, i64 inner,
        int kind) const {
        Result result(kind, all);
        i64 jump = rows * inner, at = start + (from + row) * inner;
#pragma unroll 4
        for (i64 k = from + row; k < to; k += rows, at += jump) y[at] = result.of(x[at]);
    }
};

KERNEL __launch_bounds__(THREADS) softmax_tiles(const float* __restrict__ x, float* __restrict__ y, i64 columns, i64 n,
    i64 inner, int shift, int kind) {
    __shared__ Running shared[THREADS];
    Tile tile(n, inner, shift);
    bool inside = tile.column < columns;
    Running all = tile.join(run(x + tile.start, tile.row, inside ? n : 0, tile.rows, inner), shared);
    if (!inside) return;
    if (kind != LOG_SUM_EXP) tile.write(all, x, y, 0, n, inner, kind);
    else if (tile.row == 0) y[tile.column] = all.log_sum_exp();
}

KERNEL __launch_bounds__(THREADS) softmax_parts(const float* __restrict__ x, Running* __restrict__ parts, i64 columns,
    i64 n, i64 inner, i64 each, int shift) {
    __shared__ Running shared[THREADS];
    Tile tile(n, inner, shift);
    bool inside = tile.column < columns;
    i64 from = blockIdx.y * each, to = min(n, from + each);
    Running own = run(x + tile.start, from + tile.row, inside ? to : 0, tile.rows, inner);
    own = tile.join(own, shared);
    if (inside && tile.row == 0) parts[tile.column * gridDim.y + blockIdx.y] = own;
}

KERNEL __launch_bounds__(THREADS) softmax_finish(const float* __restrict__ x, const Running* __restrict__ parts,
    float* __restrict__ y, i64 columns, i64 n, i64 inner, i64 each, int shift, int kind) {
    Tile tile(n, inner, shift);
    if (tile.column >= columns) return;
    Running all = parts[tile.column * gridDim.y];
    for (unsigned part = 1; part < gridDim.y; part++) all.join(parts[tile.column * gridDim.y + part]);
    i64 from = blockIdx.y * each, to = min(n, from + each);
    if (kind != LOG_SUM_EXP) tile.write(all, x, y, from, to, inner, kind);
    else if (tile.row == 0 && blockIdx.y == 0) y[tile.column] = all.log_sum_exp();
}
