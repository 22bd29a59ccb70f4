/*
Cosines, version 4: tiles in registers.                      a (n, d), b (m, d), s (n, m), ra (n), rb (m), all row-major

idea     a thread has 4 x 4 elements of a tile of 64 x 64: from 8 numbers that it reads from shared memory come 16
         multiply-adds. Panels lie [k][row] there, 68 floats a k: 4 rows are one reading of 16 bytes, and the 8 k x 4
         rows that a warp writes meet 32 banks
launch   grid = (ceil(m / 64), ceil(n / 64)), block = 256; 8.5 KiB static shared
flops    2 n m d, and 2 n m d / 64 for the division
traffic  2 n m d / 64 numbers from L2; 1/8 reading of shared memory, of 16 bytes, for a multiply-add. But the stores are
         worse than in version 3: with one of them a warp writes every fourth number of 2 x 64, 16 sectors for 128 bytes
         where 4 would do, and each sector is written four times
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL cosine_v4(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ ra,
    const float* __restrict__ rb, float* __restrict__ s, int n, int m, int d) {
    constexpr int TILE = 64, DEPTH = 16, PITCH = TILE + 4;
    __shared__ float4 room[2 * DEPTH * PITCH / 4];
    float *us = reinterpret_cast<float*>(room), *vs = us + DEPTH * PITCH;
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE, ty = threadIdx.x / 16 * 4, tx = threadIdx.x % 16 * 4;
    float sum[4][4] = {};
    for (int k = 0; k < d; k += DEPTH) {
#pragma unroll
        for (int e = 0; e < 4; e++) {                    // what this thread brings: a sector is 8 neighbouring k
            int r = threadIdx.x / 8 + 32 * (e % 2), l = threadIdx.x % 8 + 8 * (e / 2);
            int i = row + r, j = column + r;
            us[l * PITCH + r] = i < n && k + l < d ? a[static_cast<i64>(i) * d + k + l] * ra[i] : 0.0f;
            vs[l * PITCH + r] = j < m && k + l < d ? b[static_cast<i64>(j) * d + k + l] * rb[j] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int l = 0; l < DEPTH; l++) {
            float4 x4 = *reinterpret_cast<const float4*>(us + l * PITCH + ty);
            float4 y4 = *reinterpret_cast<const float4*>(vs + l * PITCH + tx);
            float x[4] = {x4.x, x4.y, x4.z, x4.w}, y[4] = {y4.x, y4.y, y4.z, y4.w};
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) sum[i][j] += x[i] * y[j];
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            int to = row + ty + i, at = column + tx + j;
            if (to < n && at < m) s[static_cast<i64>(to) * m + at] = sum[i][j];
        }
    }
}
