/*
InfoNCE against a queue on tensor cores: queue_nce.cu, which has the formula, with factors rounded to P. op: QueueNce

A block has 128 queries, a warp 32, and goes through its keys in tiles of 32 (weighted_mma.cuh). A row of logits belongs
to 4 lanes, which find its maximum by two exchanges; the logits and their exponentials stay in registers.

q (n, d); queue (keys, d); what is written, and queue_nce_rows, which puts it together: as in queue_nce.cu
files    queue_nce_tf32.cu, queue_nce_bf16.cu: the precisions; compute capability 8.0
launch   queue_nce_pieces_<precision>[_wide]: grid = (128 queries, spans of 128 features, pieces of the queue), 128
         threads; shared memory as in ntxent_mma.cuh
traffic  the queue once, from the L2 cache if it fits, for each 128 queries; wide: twice for each span, and the queries as
         often; 2 + d floats a query and piece
numerics factors and weights rounded to nearest, relative error e <= 2^-11 or 2^-8 each, products exact, sums float, cut
         off towards zero: a logit is wrong by at most (2 e + e^2) |q| |k| / tau. Sums of exponentials are of those
         before rounding; running maximum, lse, losses and the right key as in queue_nce.cu, which is not rounded
order    a lane adds its columns in order, then 4 lanes; weighted keys in the order of weighted_mma.cuh; pieces in
         order: bitwise reproducible, in the same order on every device
versions not measured yet on a GPU
*/
#pragma once

#include "weighted_mma.cuh"

// Of one piece, `each` tiles of keys: maximum and sum (pieces, n), weighted keys (pieces, n, d).
template <class P, bool WIDE>
__device__ __forceinline__ void weighted_keys(const float* q, const float* queue, int n, int keys, int d, float scale,
    int each, float* maxima, float* sums, float* parts, void* shared) {
    using Block = WeightedMma<P, WIDE>;
    int row = blockIdx.x * Block::ROWS, from = blockIdx.y * Block::Sums::COLUMNS, first = blockIdx.z * each;
    int tiles = (keys + Block::COLUMNS - 1) / Block::COLUMNS;
    Block block;
    float max[4], sum[4] = {};
#pragma unroll
    for (int i = 0; i < 4; i++) max[i] = -infinity();
    block.add_tiles(q, row, n, queue, keys, d, from, first, min(tiles, first + each), shared,
        [&](typename Block::Tile& s, int column) {
            column += Block::lane_column();
#pragma unroll
            for (int i = 0; i < 4; i++) {
                float most = max[i];
#pragma unroll
                for (int t = 0; t < 2; t++) {
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        float& x = Block::at(s, i, t, j);
                        x = column + 16 * t + j < keys ? x * scale : -infinity();
                        most = max_or_nan(most, x);
                    }
                }
                for (int step = 1; step < 4; step *= 2) {
                    most = max_or_nan(most, __shfl_xor_sync(ALL_LANES, most, step));
                }
                float shrink = exp2f(max[i] - most), part = 0;
                max[i] = most;
#pragma unroll
                for (int t = 0; t < 2; t++) {
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        float& x = Block::at(s, i, t, j);
                        x = exp2f(x - most);
                        part += x;
                    }
                }
                sum[i] = fmaf(sum[i], shrink, part);
                block.scale_row(i, shrink);
            }
        });
#pragma unroll
    for (int i = 0; i < 4; i++) {
        for (int step = 1; step < 4; step *= 2) sum[i] += __shfl_xor_sync(ALL_LANES, sum[i], step);
        int at = row + Block::lane_row() + i;
        if (blockIdx.y != 0 || threadIdx.x % 4 != 0 || at >= n) continue;
        maxima[static_cast<i64>(blockIdx.z) * n + at] = max[i];
        sums[static_cast<i64>(blockIdx.z) * n + at] = sum[i];
    }
    block.write(parts + static_cast<i64>(blockIdx.z) * n * d, row, n, from, d);
}

#define QUEUE_NCE_PIECES(name, P, WIDE)                                                                                \
    KERNEL __launch_bounds__(WeightedMma<P, WIDE>::THREADS, WeightedMma<P, WIDE>::TOGETHER) queue_nce_pieces_##name(   \
        const float* __restrict__ q, const float* __restrict__ queue, int n, int keys, int d, float scale, int each,   \
        float* __restrict__ maxima, float* __restrict__ sums, float* __restrict__ parts) {                             \
        SHARED_BYTES(shared);                                                                                          \
        weighted_keys<P, WIDE>(q, queue, n, keys, d, scale, each, maxima, sums, parts, shared);                        \
    }
