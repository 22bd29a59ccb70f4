// Two sums down every channel of (rows, channels, inner), from one reading of memory.
//
// A `Terms` says what is summed: `float channel(int c)` gives a number of the channel, `add(place, row, number, f, s)`
// adds what the element at `place` has to the two sums. Four elements are added in single precision, these fours in
// double: f64 is slow on most GPUs, but not so slow that memory would wait for one addition in four.
//
// A channel whose numbers lie together, inner >= 16, is read by blocks, grid = (channels, pieces); otherwise each lane
// takes a column of (rows, channels * inner), grid = (columns / 32, pieces). Both write two doubles for each piece and
// column, [piece][column][2], which `sum_pieces` adds in order. The cut depends on the extents alone.
#pragma once

#include "common.cuh"

constexpr int FOUR = 4, COLUMN_WARPS = 8;                // blocks of 256 threads

template <class Terms>
__device__ __forceinline__ void sum_channels(const Terms& terms, i64 rows, int channels, int inner, i64 piece,
    double* sums, double* parts) {
    int c = blockIdx.x;
    i64 from = blockIdx.y * piece, to = min(rows * inner, from + piece), i = from + threadIdx.x, row = i / inner;
    int j = static_cast<int>(i % inner), row_step = blockDim.x / inner, step = blockDim.x % inner;
    float number = terms.channel(c);
    double first = 0, second = 0;
    while (i < to) {
        float f = 0, s = 0;
#pragma unroll
        for (int k = 0; k < FOUR; k++) {
            if (i < to) terms.add((row * channels + c) * inner + j, row, number, f, s);
            i += blockDim.x;
            row += row_step;
            j += step;
            if (j >= inner) {
                j -= inner;
                row++;
            }
        }
        first += f;
        second += s;
    }
    first = block_sum(first, parts);
    second = block_sum(second, parts);
    if (threadIdx.x != 0) return;
    i64 to_place = (static_cast<i64>(blockIdx.y) * channels + c) * 2;
    sums[to_place] = first;
    sums[to_place + 1] = second;
}

// `parts` has 2 * COLUMN_WARPS * WARP places; piece: rows.
template <class Terms>
__device__ __forceinline__ void sum_columns(const Terms& terms, i64 rows, int channels, int inner, i64 piece,
    double* sums, double* parts) {
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, width = channels * inner;
    int column = blockIdx.x * WARP + lane;
    double first = 0, second = 0;
    if (column < width) {
        float number = terms.channel(column / inner);
        i64 from = blockIdx.y * piece, to = min(rows, from + piece);
        for (i64 row = from + warp; row < to; row += FOUR * COLUMN_WARPS) {
            float f = 0, s = 0;
#pragma unroll
            for (int k = 0; k < FOUR; k++) {
                i64 r = row + k * COLUMN_WARPS;
                if (r < to) terms.add(r * width + column, r, number, f, s);
            }
            first += f;
            second += s;
        }
    }
    double* seconds = parts + COLUMN_WARPS * WARP;
    parts[threadIdx.x] = first;
    seconds[threadIdx.x] = second;
    __syncthreads();
    if (warp != 0 || column >= width) return;
    for (int w = 1; w < COLUMN_WARPS; w++) {
        first += parts[w * WARP + lane];
        second += seconds[w * WARP + lane];
    }
    i64 at = (static_cast<i64>(blockIdx.y) * width + column) * 2;
    sums[at] = first;
    sums[at + 1] = second;
}

// What the warp of channel c, one of 8 in a block, gets from the pieces; `fold` neighbouring columns are one channel.
__device__ __forceinline__ void sum_pieces(const double* sums, int c, int channels, int fold, int pieces,
    double& first, double& second) {
    first = 0;
    second = 0;
    for (int i = threadIdx.x % WARP; i < pieces * fold; i += WARP) {
        i64 at = (static_cast<i64>(i / fold) * channels * fold + static_cast<i64>(c) * fold + i % fold) * 2;
        first += sums[at];
        second += sums[at + 1];
    }
    first = warp_sum(first);
    second = warp_sum(second);
}

__device__ __forceinline__ int channel_of_warp() { return blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP; }
