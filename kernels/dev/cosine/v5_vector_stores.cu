/*
Cosines, version 5: four numbers in one store.               a (n, d), b (m, d), s (n, m), ra (n), rb (m), all row-major

idea     a thread stores its 4 numbers of a row as one float4: a warp writes 2 x 256 bytes in a piece, 16 full sectors,
         with a quarter of the instructions. Rows must begin at multiples of 16 bytes for it: m divisible by 4, else the
         stores are those of version 4
launch   as version 4; 17 KiB static shared, for the loop is that of square_tile.cuh, where the next panel is on its way
         while one is multiplied
flops    as version 4
traffic  (n + m) d numbers at least, and n m written once: no version can write less
time     not measured yet on a GPU

The bound by writing. 2 n m d flops stand against 4 n m bytes, d / 2 flops a byte, n and m do not matter. The data sheet
of an H100 SXM has 67 TFLOP/s in f32 and 3.35 TB/s, 20 flops a byte: below d = 40 memory is the limit, above it the
multiplication. With TensorFloat-32, 495 TFLOP/s, that limit moves to d = 296, and no cleverness in the product gains
anything below it, only not writing s at all (../ntxent).

The product uses src/main/cuda/cosine.cu. What it does more: lengths in f64, where the squares of large floats do not
overflow; sums cut into pieces, added in order, where s has too few tiles for all multiprocessors; stores by way of
shared memory (each_of_tile), 32 neighbours a warp, for which m need not be divisible by anything; and the gradients
ds v and ds' u, which are the same loop with other operands. On tensor cores u and v are written first, and the product
is that of gemm_mma.cuh.
*/
#include "../../src/main/cuda/square_tile.cuh"

KERNEL cosine_v5(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ ra,
    const float* __restrict__ rb, float* __restrict__ s, int n, int m, int d) {
    __shared__ float4 room[TILE_ROOM / 4];
    float sum[4][4] = {};
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(UnitAlong{a, ra, d}, row, n, UnitAlong{b, rb, d}, column, m, 0, d, sum,
        reinterpret_cast<float*>(room));
    bool quads = m % 4 == 0;
    int j = column + tile_column();
#pragma unroll
    for (int e = 0; e < 4; e++) {
        int i = row + tile_row() + e;
        if (i >= n || j >= m) continue;
        float* to = s + static_cast<i64>(i) * m + j;
        if (quads) {
            *reinterpret_cast<float4*>(to) = make_float4(sum[e][0], sum[e][1], sum[e][2], sum[e][3]);
            continue;
        }
#pragma unroll
        for (int c = 0; c < 4; c++) {
            if (j + c < m) to[c] = sum[e][c];
        }
    }
}
