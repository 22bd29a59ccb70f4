// The product of gemm.cu and of its forms on tensor cores: T the tile, Both the loader of both operands, rows of which
// are row_a and row_b long.
#pragma once

#include "tile.cuh"

template <class T, class Both, class Shared>
__device__ __forceinline__ void product(const float* a, int row_a, const float* b, int row_b, float* c, int m, int n,
    int k, Shared* shared) {
    Work<T> work(m, n);
    work.sum_over(k);
    a += static_cast<i64>(work.batch) * m * k;
    b += static_cast<i64>(work.batch) * k * n;
    Both both{{a, row_a, work.row, m, work.begin}, {b, row_b, work.column, n, work.begin}};
    T tile;
    tile.multiply(both, work.depth, shared);
    Work<T> here(m, n);                                  // the same again: registers are scarce in the loop
    i64 all = gridDim.x / (((m - 1) / T::ROWS + 1) * ((n - 1) / T::COLUMNS + 1));
    c += (blockIdx.y * all + here.batch) * m * n;
    tile.write(c, n, here.row, m, here.column, n, in_quads(c, n), Neighbours());
}
