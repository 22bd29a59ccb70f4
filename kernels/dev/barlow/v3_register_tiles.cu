/*
Barlow Twins, version 3: tiles in registers. formula.cuh has the formula.

idea     a thread has 4 x 4 elements of a tile of 64 x 64 of c, and two 16-byte readings of shared memory serve 16
         multiply-adds; the next panel of 64 x 16 numbers is on its way while one is multiplied (square_tile.cuh,
         derived in ../cosine/v4_register_tiles.cu). A thread adds up its 16 terms before the block does
launch   grid = (ceil(d / 64), ceil(d / 64)), block = 256; 17 KiB static shared. Moments and total: version 2
flops    2 n d^2, and 4 n d^2 / 64 to standardise
memory   4 d^2 / 4096 bytes: 64 KiB for d = 8192
traffic  2 n d^2 / 64 numbers from L2; 1/8 reading of shared memory, of 16 bytes, for a multiply-add
order    as version 2
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/square_tile.cuh"
#include "formula.cuh"

KERNEL barlow_v3_loss(const float* __restrict__ a, const float* __restrict__ mean_a, const float* __restrict__ rstd_a,
    const float* __restrict__ b, const float* __restrict__ mean_b, const float* __restrict__ rstd_b,
    float* __restrict__ tiles, int n, int d, float lambda) {
    __shared__ float4 room[TILE_ROOM / 4];
    __shared__ float parts[WARP];
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    float c[4][4] = {}, term = 0;
    multiply_tile(StandardAcross{a, mean_a, rstd_a, d}, row, d, StandardAcross{b, mean_b, rstd_b, d}, column, d, 0, n,
        c, reinterpret_cast<float*>(room));
#pragma unroll
    for (int e = 0; e < 4; e++) {
#pragma unroll
        for (int f = 0; f < 4; f++) {
            int i = row + tile_row() + e, j = column + tile_column() + f;
            if (i < d && j < d) term += barlow_term(c[e][f] / n, i == j, lambda);
        }
    }
    term = block_sum(term, parts);
    if (threadIdx.x == 0) tiles[static_cast<i64>(blockIdx.y) * gridDim.x + blockIdx.x] = term;
}
