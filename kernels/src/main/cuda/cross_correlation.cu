/*
The correlation of every column of a with every column of b, and its gradients: Zbontar, Jing, Misra, LeCun, Deny 2021,
arXiv:2103.03230, Eq. 2; derived in docs/math/cross_correlation.md.          ops: CrossCorrelation, CrossCorrelationGrad

    x = (a - meanA) rstdA,  y = (b - meanB) rstdB      c = 1/n x'y      dx = 1/n y dc'      dy = 1/n x dc
    da = rstdA (dx - 1/n sum dx - x 1/n sum dx x),  db alike

a, b, da, db (n, d); c, dc (d, d); means, rstds (d). x and y exist as panels of 64 x 16 in shared memory only. Means and
rstds come from column_moments, da from column_products and batch_norm_gradient (batch_norm.cu). On tensor cores, where
copies to shared memory go past the registers, x and y, one of them divided by n, are written by standard_columns
(batch_norm.cu), and c, dx and dy are products of gemm_mma.cuh, which has their traffic, numerics and order.

launch   grid = (tiles of 64 x 64 of the result, pieces of the sum), 256 threads, 17 KiB of shared memory; sum_of_pieces
         (cosine.cu) adds the pieces and divides by n
traffic  a tile reads 2 * 64 numbers for 2 * 64^2 operations, neighbouring tiles from the L2 cache; c is written once
numerics f32; means and deviations in f64
order    k in order within a piece, then pieces in order: bitwise reproducible, in the same order on every device
versions not measured yet on a GPU
*/
#include "square_tile.cuh"

KERNEL cross_correlation_forward(const float* __restrict__ a, const float* __restrict__ b,
    const float* __restrict__ mean_a, const float* __restrict__ rstd_a, const float* __restrict__ mean_b,
    const float* __restrict__ rstd_b, int n, int d, int pieces, float* __restrict__ c) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(StandardAcross{a, mean_a, rstd_a, d}, d, StandardAcross{b, mean_b, rstd_b, d}, d, n, pieces, c,
        reinterpret_cast<float*>(room));
}

// n dx (n, d), from the other side.
KERNEL cross_correlation_backward_a(const float* __restrict__ b, const float* __restrict__ mean,
    const float* __restrict__ rstd, const float* __restrict__ dc, int n, int d, int pieces, float* __restrict__ dx) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(StandardAlong{b, mean, rstd, d}, n, Along{dc, d}, d, d, pieces, dx, reinterpret_cast<float*>(room));
}

// n dy (n, d), from the other side.
KERNEL cross_correlation_backward_b(const float* __restrict__ a, const float* __restrict__ mean,
    const float* __restrict__ rstd, const float* __restrict__ dc, int n, int d, int pieces, float* __restrict__ dy) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(StandardAlong{a, mean, rstd, d}, n, Across{dc, d}, d, d, pieces, dy, reinterpret_cast<float*>(room));
}
