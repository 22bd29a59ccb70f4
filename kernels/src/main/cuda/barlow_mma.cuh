/*
Barlow Twins for batches with fewer rows than features on tensor cores: barlow.cu, which has the formula, with factors
rounded to P.                                                                          ops: BarlowTwins, BarlowTwinsGrad

x and y (n, d) are written by standard_columns (batch_norm.cu) before, because copies to shared memory go past the
registers; what follows from sums down their columns, means, rstds and c, is that of barlow.cu, in single precision from
numbers that are not rounded. So is what the gradient has of the diagonal.

files    barlow_tf32.cu, barlow_bf16.cu: the precisions; compute capability 8.0
launch   tiles, blocks and shared memory of gemm_mma.cuh.
         barlow_grams_<precision>_<tile>, large or medium: grid = (tiles on and above the diagonal, parts of the sum, 2
         sides); barlow_mirror (barlow.cu) adds the parts
         barlow_backward_<precision>_<tile>: grid = tiles of (n, d)
traffic  x and y written once; n^2 d / tile numbers of each for its Gram matrix, most of them from L2; the gradient as
         gemm_mma.cuh, y once besides, and dx written once: what the product alone would write is never stored
numerics factors rounded to nearest, relative error e <= 2^-11 or 2^-8 each, products exact, sums float, cut off towards
         zero once in 8 or 16 terms, w the number of these. With |x| for the absolute values of x:

             |dG| <= (2 e + e^2 + w 2^-23) |x| |x|',    |d<G, H>| <= <|dG|, |H|> + <|G|, |dH|> + <|dG|, |dH|>

         The terms off the diagonal are <G, H> / n^2 less sum c_i^2, of which the second is not rounded: what they lose
         is a part of <G, H>, not of the difference. docs/math/barlow_twins.md says how large that can be in comparison
order    one thread writes an element; its sum goes up k in steps of 8 or 16, which the unit adds at once, then up the
         parts; the rest as barlow.cu: bitwise reproducible, in the same order on every device
versions not measured yet on a GPU
*/
#pragma once

#include "mma_tile.cuh"

// Parts of G = x x' (blockIdx.z 0) or H = y y' (1), (2, parts, n, n); what is below the diagonal's tiles is left out.
template <class T>
__device__ __forceinline__ void grams(const float* x, const float* y, int n, int d, float* parts, void* shared) {
    HalfWork<T> work(n);
    work.sum_over(d);
    const float* rows = blockIdx.z == 1 ? y : x;
    OperandsCopied<AlongSumCopied<T, T::ROWS>, AlongSumCopied<T, T::COLUMNS>> both{{rows, d, work.row, n, work.begin},
        {rows, d, work.column, n, work.begin}};
    T tile;
    tile.multiply(both, work.depth, shared);
    HalfWork<T> here(n);                                 // the same again: registers are scarce in the loop
    float* mine = parts + static_cast<i64>(blockIdx.z * gridDim.y + blockIdx.y) * n * n;
    tile.write(mine, n, here.row, n, here.column, n, in_quads(mine, n), Neighbours());
}

// dx, times the gradient of the loss: x is the own side, y the other, whose Gram matrix it is.
template <class T>
__device__ __forceinline__ void slopes(const float* x, const float* y, const float* diagonal, const float* gram,
    const float* dloss, int n, int d, float lambda, float* dx, void* shared) {
    Work<T> work(n, d);
    work.sum_over(n);                                    // in one part
    OperandsCopied<AlongSumCopied<T, T::ROWS>, AcrossSumCopied<T, T::COLUMNS>> both{
        {gram, n, work.row, n, work.begin}, {x, d, work.column, d, work.begin}};
    T tile;
    tile.multiply(both, work.depth, shared);
    Work<T> here(n, d);
    float g = 2 * *dloss / n, apart = lambda / n;
    tile.replace(here.row, n, here.column, d, [=](int i, int j, float v) {
        float other = y[static_cast<i64>(i) * d + j];
        return g * fmaf(apart, v, other * fmaf(1 - lambda, diagonal[j], -1.0f));
    });
    tile.write(dx, d, here.row, n, here.column, d, in_quads(dx, d), Neighbours());
}

#define BARLOW_GRAMS(tile, T)                                                                                         \
    KERNEL MMA_BOUNDS(T) barlow_grams_##tile(const float* __restrict__ x, const float* __restrict__ y, int n, int d,  \
        float* __restrict__ parts) {                                                                                  \
        SHARED_BYTES(shared);                                                                                         \
        grams<T>(x, y, n, d, parts, shared);                                                                          \
    }

#define BARLOW_BACKWARD(tile, T)                                                                                      \
    KERNEL MMA_BOUNDS(T) barlow_backward_##tile(const float* __restrict__ x, const float* __restrict__ y,             \
        const float* __restrict__ diagonal, const float* __restrict__ gram, const float* __restrict__ dloss, int n,   \
        int d, float lambda, float* __restrict__ dx) {                                                                \
        SHARED_BYTES(shared);                                                                                         \
        slopes<T>(x, y, diagonal, gram, dloss, n, d, lambda, dx, shared);                                             \
    }
