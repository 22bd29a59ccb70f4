/*
Barlow Twins: Zbontar, Jing, Misra, LeCun, Deny 2021, arXiv:2103.03230, Eq. 1 and 2; derived in
docs/math/barlow_twins.md and docs/math/cross_correlation.md.

    x = (a - meanA) rstdA,  y = (b - meanB) rstdB      columns of mean 0 and deviation 1, rstd = 1 / sqrt(var + epsilon)
    c = 1/n x'y                                        (d, d)
    L = sum_i (1 - c_ii)^2 + lambda sum_{i != j} c_ij^2

    dc_ij = 2 lambda c_ij,  dc_ii = 2 (c_ii - 1)       dx = 1/n y dc'      dy = 1/n x dc
    da = rstdA (dx - x 1/n sum dx x), the sum down the column;  db alike

a, b, x, y and their gradients (n, d), all row-major: n samples, d features. The gradient of a normalisation has
- 1/n sum dx in the brackets, too, but that is 0: dx is a sum of columns of y, which are centred.
*/
#pragma once

#include "../../src/main/cuda/common.cuh"

// What c_ij has to do with the loss.
__device__ __forceinline__ float barlow_term(float c, bool diagonal, float lambda) {
    return diagonal ? (1 - c) * (1 - c) : lambda * c * c;
}

// dc_ij.
__device__ __forceinline__ float barlow_slope(float c, bool diagonal, float lambda) {
    return diagonal ? 2 * (c - 1) : 2 * lambda * c;
}
