// Sums down the columns of (n, d): a block has 32 columns, a warp reads 32 neighbours of a row, and 8 warps take every
// eighth row. grid = ceil(d / 32), block = 256.
#pragma once

#include "../../src/main/cuda/common.cuh"

constexpr int COLUMNS = 32, WARPS = 8;

// The sum of term(row) over the rows of this thread's column, in every thread of the column: eight sums, added in
// order. All threads of the block; `parts` has WARPS * COLUMNS places.
template <class T, class F>
__device__ __forceinline__ T sum_of_column(int n, bool inside, T* parts, const F& term) {
    int lane = threadIdx.x % COLUMNS, warp = threadIdx.x / COLUMNS;
    T sum = 0;
    for (int k = warp; inside && k < n; k += WARPS) sum += term(k);
    __syncthreads();                                     // whoever used the parts before is done
    parts[warp * COLUMNS + lane] = sum;
    __syncthreads();
    sum = 0;
    for (int w = 0; w < WARPS; w++) sum += parts[w * COLUMNS + lane];
    return sum;
}

__device__ __forceinline__ int column_of_thread() { return blockIdx.x * COLUMNS + threadIdx.x % COLUMNS; }
