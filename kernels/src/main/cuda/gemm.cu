/*
Matrix products.                                                                     op: invar.core.ContractionOp.MatMul

    C[b, i, j] = sum over l of A[b, i, l] B[b, l, j]

A (batch, m, k), or (batch, k, m) if transposed; B (batch, k, n), or (batch, n, k); C (batch, m, n)
entries  gemm_<tile>_<layout>: layout nn, tn, nt, tt says whether A, B are stored as written (n) or transposed (t)
launch   tile      result     k in a step   block   sums a thread   shared memory      (two buffers, static)
         large     128 x 128       8         256        8 x 8          16.5 KiB
         medium     64 x  64      16         128        8 x 4          17.0 KiB
         small      32 x  64      16         128        4 x 4          13.0 KiB
         grid = (tiles * batch, parts). Rows of A, B and C whose length and beginning allow it are read and written four
         numbers at a time, others one by one.
         parts > 1: k is cut into parts, whose products lie one after the other in `c`, and sum_parts adds them;
         sum_parts: grid = min(ceil(n / 256), 32 blocks a multiprocessor), block = 256
traffic  a tile reads its rows of A and columns of B once: 2 m n k / tile numbers in all, most of them from L2
numerics f32, fused multiply-adds
order    one thread writes an element; its sum goes up k, then up the parts: bitwise reproducible
versions kernels/dev/gemm has the way from the plain loop to the large tile; not measured yet on a GPU
*/
#include "gemm.cuh"

#define GEMM(name, T, A, row_a, B, row_b)                                                                          \
    KERNEL TILE_BOUNDS(T) name(const float* __restrict__ a, const float* __restrict__ b,                          \
        float* __restrict__ c, int m, int n, int k) {                                                  \
        __shared__ float4 shared[T::SHARED];                                                                      \
        product<T, Operands<A<T, T::ROWS>, B<T, T::COLUMNS>>>(a, row_a, b, row_b, c, m, n, k, shared);           \
    }

#define LAYOUTS(tile, T)                                      \
    GEMM(gemm_##tile##_nn, T, AlongSum, k, AcrossSum, n)      \
    GEMM(gemm_##tile##_tn, T, AcrossSum, m, AcrossSum, n)     \
    GEMM(gemm_##tile##_nt, T, AlongSum, k, AlongSum, k)       \
    GEMM(gemm_##tile##_tt, T, AcrossSum, m, AlongSum, k)

LAYOUTS(large, Large)
LAYOUTS(medium, Medium)
LAYOUTS(small, Small)

// ys[i] = sum of parts[p n + i] over p, in order.
KERNEL sum_parts(const float* __restrict__ parts, float* __restrict__ ys, i64 n, int count) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        float sum = parts[i];
        for (int p = 1; p < count; p++) sum += parts[p * n + i];
        ys[i] = sum;
    }
}
