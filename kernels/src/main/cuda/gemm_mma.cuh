/*
Matrix products on tensor cores: gemm.cu with factors rounded to P.
               ops: invar.core.ContractionOp.MatMul; the products of CosineSimilarity(Grad) and CrossCorrelation(Grad)

    C[b, i, j] = sum over l of P(A[b, i, l]) P(B[b, l, j])

A (batch, m, k), or (batch, k, m) if transposed; B (batch, k, n), or (batch, n, k); C (batch, m, n); all float
files    gemm_tf32.cu, gemm_bf16.cu: the precisions; compute capability 8.0
entries  gemm_<precision>_<tile>_<layout>: layout as in gemm.cu
launch   tile      result     k in a step   block   sums a thread   shared memory      (a ring of buffers, dynamic)
         large     128 x 128      32         256         64            96 KiB           3
         medium     64 x  64      32         128         32            48 KiB           3
         small      32 x  64      32          64         32            48 KiB           4
         grid = (tiles * batch, parts), as in gemm.cu. Operands whose length and beginning allow it are copied to shared
         memory 16 bytes at a time (cp.async), others number by number; C is written in fours where possible.
         parts > 1: as there; sum_parts (gemm.cu) adds them
traffic  a tile reads its rows of A and columns of B once: 2 m n k / tile numbers in all, most of them from L2
numerics factors rounded to nearest: relative error at most 2^-11 (tf32, ties away from zero) or 2^-8 (bf16, ties to
         even) each; products exact; sums float, cut off towards zero once in 8 (tf32) or 16 (bf16) terms:

             |C - A B| <= (2 u + u^2 + (k / 8 + parts + 3) 2^-23) |A| |B|,      u the error of a factor

order    one thread writes an element; its sum goes up k in steps of 8 or 16, which the unit adds at once, then up the
         parts: bitwise reproducible
versions kernels/dev/gemm; not measured yet on a GPU
*/
#pragma once

#include "gemm.cuh"
#include "mma_tile.cuh"

#define GEMM(name, T, A, row_a, B, row_b)                                                                             \
    KERNEL MMA_BOUNDS(T)  name(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int m, \
        int n, int k) {                                                                                               \
        SHARED_BYTES(shared);                                                                                         \
        product<T, OperandsCopied<A<T, T::ROWS>, B<T, T::COLUMNS>>>(a, row_a, b, row_b, c, m, n, k, shared);          \
    }

#define LAYOUTS(tile, T)                                            \
    GEMM(gemm_##tile##_nn, T, AlongSumCopied, k, AcrossSumCopied, n)  \
    GEMM(gemm_##tile##_tn, T, AcrossSumCopied, m, AcrossSumCopied, n) \
    GEMM(gemm_##tile##_nt, T, AlongSumCopied, k, AlongSumCopied, k)   \
    GEMM(gemm_##tile##_tt, T, AcrossSumCopied, m, AlongSumCopied, k)
