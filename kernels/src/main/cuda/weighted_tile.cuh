// The second product of attention and of NT-Xent's gradient: sums of rows v[j], weighted by a tile of 64 x 64 weights
// that has just been made and is in shared memory. 256 threads keep 64 rows x 128 numbers, 4 x 8 a thread: the rows
// that square_tile.cuh gives it, so that what it knows about them (a maximum, a scale) stays in its registers.
//
// The weights lie [row][j], 68 floats a row: a thread writes 4 and reads 4 of them with one 16-byte access. v passes in
// panels of 16 rows x 128, two of them in the room of the tile product that made the weights: one barrier a panel.
#pragma once

#include "square_tile.cuh"

constexpr int SPAN = 128, SPAN_PITCH = SPAN + 4;
constexpr int WEIGHTS_ROOM = TILE * PITCH;               // floats of shared memory, beside those of the tile
static_assert(2 * DEPTH * SPAN_PITCH <= TILE_ROOM, "the panels of v fit into the room of the tile");

// Writes the thread's 4 x 4 weights.
__device__ __forceinline__ void store_weights(const float (&w)[4][4], float* weights) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        *reinterpret_cast<float4*>(weights + (tile_row() + i) * PITCH + tile_column()) =
            make_float4(w[i][0], w[i][1], w[i][2], w[i][3]);
    }
}

// v.at(j, d), normalised on the way if need be.
template <class V>
__device__ __forceinline__ void fetch_rows(const V& v, int j, int rows, int from, int d, float (&x)[8]) {
    int column = from + threadIdx.x % SPAN;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        int row = j + threadIdx.x / SPAN + 2 * i;
        x[i] = row < rows && column < d ? v.at(row, column) : 0.0f;
    }
}

// acc += weights * v for rows j ... j + 63 of v and 128 columns from `from` on; the weights have been stored by all
// threads, without a barrier since. Leaves without one: begin what writes to room or weights with it.
template <class V>
__device__ __forceinline__ void add_weighted(const float* weights, const V& v, int j, int rows, int from, int d,
    float (&acc)[4][8], float* room) {
    float x[8];
    fetch_rows(v, j, rows, from, d, x);
    __syncthreads();                                     // the weights are there, and nobody reads the panels
    float* panel = room;
    for (int k = 0; k < TILE; k += DEPTH) {
#pragma unroll
        for (int i = 0; i < 8; i++) {
            panel[(threadIdx.x / SPAN + 2 * i) * SPAN_PITCH + threadIdx.x % SPAN] = x[i];
        }
        __syncthreads();
        if (k + DEPTH < TILE) fetch_rows(v, j + k + DEPTH, rows, from, d, x);
#pragma unroll
        for (int four = 0; four < DEPTH; four += 4) {
            float w[4][4];
#pragma unroll
            for (int i = 0; i < 4; i++) {
                float4 q = *reinterpret_cast<const float4*>(weights + (tile_row() + i) * PITCH + k + four);
                w[i][0] = q.x, w[i][1] = q.y, w[i][2] = q.z, w[i][3] = q.w;
            }
#pragma unroll
            for (int e = 0; e < 4; e++) {
                const float* y = panel + (four + e) * SPAN_PITCH + tile_column();
                float4 a = *reinterpret_cast<const float4*>(y), b = *reinterpret_cast<const float4*>(y + TILE);
                float ys[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
#pragma unroll
                for (int i = 0; i < 4; i++) {
#pragma unroll
                    for (int n = 0; n < 8; n++) acc[i][n] = fmaf(w[i][e], ys[n], acc[i][n]);
                }
            }
        }
        panel = panel == room ? room + DEPTH * SPAN_PITCH : room;
    }
}

// Calls f(row, column, number) for the sums inside (rows, d), as each_of_tile does.
template <class F>
__device__ __forceinline__ void each_of_span(const float (&acc)[4][8], int row, int rows, int from, int d, float* room,
    const F& f) {
    each_of_tile(acc, 0, row, rows, from, d, room, f);
    each_of_tile(acc, 4, row, rows, from + TILE, d, room, f);
}

// Sum and maximum over the 16 threads that share 4 rows.
__device__ __forceinline__ float sum_of_16(float x) {
    for (int step = 8; step > 0; step /= 2) x += __shfl_xor_sync(ALL_LANES, x, step);
    return x;
}

__device__ __forceinline__ float max_of_16(float x) {
    for (int step = 8; step > 0; step /= 2) x = max_or_nan(x, __shfl_xor_sync(ALL_LANES, x, step));
    return x;
}
