/*
Sums and maxima along one axis.                                          ops: invar.core.ReductionOp (SumTo, MaxTo)

    y[o, q, i] = sum (or max) of x[o, k, i] over q each <= k < min(n, (q + 1) each)

Several axes are reduced one after the other, the longest first, so that what is written in between is small; a long
axis with few results is cut into parts of `each` terms, whose results are reduced by the same kernels
(invar.cuda.Reductions).

x        (outer, n, inner)
y        (outer, parts, inner), parts = ceil(n / each)
launch   sum_rows, max_rows: inner = 1, parts = 1, n <= 1024: 2^shift <= 32 lanes a row, block = 256,
         grid = ceil(outer 2^shift / 256)
         sum_tiles, max_tiles: 2^shift columns (o, i) and 256 / 2^shift terms at a time a block, block = 256,
         grid = (ceil(outer inner / 2^shift), parts)
traffic  x read once, y written once. Lanes of a warp take neighbours: terms where inner = 1, else columns
numerics f32; in tiles, sums of 8 terms in f32 are added up in f64, at an eighth of its rate, which memory sets anyway.
         max: NaN if there is one
order    a thread adds its terms in order, threads are added in a fixed tree, parts in order: bitwise reproducible;
         the number of parts depends on extents alone, not on the device
versions not measured yet on a GPU
*/
#include "common.cuh"

constexpr int THREADS = 256;                             // invar.cuda.Reductions says the same
constexpr int TOGETHER = 8;                              // loads in flight, and terms that are added in f32

struct Sum {
    using Wide = double;
    static __device__ __forceinline__ float none() { return 0.0f; }
    static __device__ __forceinline__ float join(float x, float y) { return x + y; }
    static __device__ __forceinline__ double join(double x, double y) { return x + y; }
};

struct Max {
    using Wide = float;
    static __device__ __forceinline__ float none() { return -infinity(); }
    static __device__ __forceinline__ float join(float x, float y) { return max_or_nan(x, y); }
};

// One row by 2^shift neighbouring lanes.
template <class F>
__device__ __forceinline__ void reduce_row(const float* x, float* y, i64 rows, int n, int shift) {
    i64 row = first_element() >> shift;
    int lanes = 1 << shift, lane = threadIdx.x & (lanes - 1);
    float value = F::none();
    if (row < rows) {
        x += row * n;
#pragma unroll 8
        for (int k = lane; k < n; k += lanes) value = F::join(value, x[k]);
    }
    for (int step = lanes / 2; step > 0; step /= 2) value = F::join(value, __shfl_xor_sync(ALL_LANES, value, step));
    if (row < rows && lane == 0) y[row] = value;
}

// Terms k, k + step, ... < end of a column.
template <class F>
__device__ __forceinline__ typename F::Wide reduce_terms(const float* x, i64 k, i64 end, int step, i64 inner) {
    typename F::Wide total = F::none();
    i64 jump = step * inner;
    x += k * inner;
    for (; k + (TOGETHER - 1) * step < end; k += TOGETHER * step, x += TOGETHER * jump) {
        float v[TOGETHER];
#pragma unroll
        for (int j = 0; j < TOGETHER; j++) v[j] = x[j * jump];
#pragma unroll
        for (int half = TOGETHER / 2; half > 0; half /= 2) {
#pragma unroll
            for (int j = 0; j < half; j++) v[j] = F::join(v[j], v[j + half]);
        }
        total = F::join(total, static_cast<typename F::Wide>(v[0]));
    }
    for (; k < end; k += step, x += jump) total = F::join(total, static_cast<typename F::Wide>(*x));
    return total;
}

// One part of 2^shift columns; `shared` has room for a number a thread.
template <class F>
__device__ __forceinline__ void reduce_tile(const float* x, float* y, i64 columns, i64 n, i64 inner, i64 each,
    int shift, typename F::Wide* shared) {
    int width = 1 << shift, row = threadIdx.x >> shift, rows = THREADS >> shift;
    i64 column = (static_cast<i64>(blockIdx.x) << shift) + (threadIdx.x & (width - 1));
    i64 outer = column / inner, from = blockIdx.y * each, to = min(n, from + each);
    typename F::Wide total = F::none();
    if (column < columns) {
        const float* first = x + outer * n * inner + (column - outer * inner);
        total = reduce_terms<F>(first, from + row, to, rows, inner);
    }
    shared[threadIdx.x] = total;
    for (int half = rows / 2; half > 0; half /= 2) {
        __syncthreads();
        if (row < half) {
            total = F::join(total, shared[threadIdx.x + (half << shift)]);
            shared[threadIdx.x] = total;
        }
    }
    if (row == 0 && column < columns) {
        y[(outer * gridDim.y + blockIdx.y) * inner + (column - outer * inner)] = static_cast<float>(total);
    }
}

KERNEL __launch_bounds__(THREADS) sum_rows(const float* __restrict__ x, float* __restrict__ y, i64 rows, int n,
    int shift) {
    reduce_row<Sum>(x, y, rows, n, shift);
}

KERNEL __launch_bounds__(THREADS) max_rows(const float* __restrict__ x, float* __restrict__ y, i64 rows, int n,
    int shift) {
    reduce_row<Max>(x, y, rows, n, shift);
}

KERNEL __launch_bounds__(THREADS) sum_tiles(const float* __restrict__ x, float* __restrict__ y, i64 columns, i64 n,
    i64 inner, i64 each, int shift) {
    __shared__ double shared[THREADS];
    reduce_tile<Sum>(x, y, columns, n, inner, each, shift, shared);
}

KERNEL __launch_bounds__(THREADS) max_tiles(const float* __restrict__ x, float* __restrict__ y, i64 columns, i64 n,
    i64 inner, i64 each, int shift) {
    __shared__ float shared[THREADS];
    reduce_tile<Max>(x, y, columns, n, inner, each, shift, shared);
}
