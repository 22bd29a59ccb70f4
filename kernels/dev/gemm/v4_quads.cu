/*
C = A B, version 4: four numbers at a time.                     A (m, k), B (k, n), C (m, n), all row-major

idea     every read and write moves a float4, and a warp is 4 x 8 threads instead of 2 x 16: a step of its product takes
         four instructions that read shared memory instead of sixteen. Rows of A are 4 floats longer there than the
         tile, so that storing it transposed, 16 rows by 2 quads a warp, meets each bank once
needs    n and k divisible by 4
launch   grid = (ceil(n / 128), ceil(m / 128)), block = 256; 8.1 KiB static shared
traffic  as version 3, in a quarter of the instructions
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL __launch_bounds__(256, 2) gemm_v4(const float* __restrict__ a, const float* __restrict__ b,
    float* __restrict__ c, int m, int n, int k) {
    __shared__ float4 as4[8 * 33], bs4[8 * 32];
    float *as = reinterpret_cast<float*>(as4), *bs = reinterpret_cast<float*>(bs4);
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    int row = blockIdx.y * 128, column = blockIdx.x * 128;
    int ty = warp / 2 * 32 + lane / 8 * 4, tx = warp % 2 * 64 + lane % 8 * 4;        // quads at + 0, 16 and + 0, 32
    int ai = threadIdx.x / 2, al = threadIdx.x % 2 * 4, bl = warp, bj = lane * 4;    // what this thread brings
    float sum[8][8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
#pragma unroll
        for (int j = 0; j < 8; j++) sum[i][j] = 0;
    }
    for (int l = 0; l < k; l += 8) {
        float4 x4 = make_float4(0, 0, 0, 0), y4 = x4;
        if (row + ai < m && l + al < k) {
            x4 = *reinterpret_cast<const float4*>(a + static_cast<i64>(row + ai) * k + l + al);
        }
        if (l + bl < k && column + bj < n) {
            y4 = *reinterpret_cast<const float4*>(b + static_cast<i64>(l + bl) * n + column + bj);
        }
        as[al * 132 + ai] = x4.x;
        as[(al + 1) * 132 + ai] = x4.y;
        as[(al + 2) * 132 + ai] = x4.z;
        as[(al + 3) * 132 + ai] = x4.w;
        *reinterpret_cast<float4*>(bs + bl * 128 + bj) = y4;
        __syncthreads();
#pragma unroll
        for (int t = 0; t < 8; t++) {
            float x[8], y[8];
#pragma unroll
            for (int q = 0; q < 2; q++) {
                float4 u = *reinterpret_cast<const float4*>(as + t * 132 + ty + 16 * q);
                float4 v = *reinterpret_cast<const float4*>(bs + t * 128 + tx + 32 * q);
                x[4 * q] = u.x, x[4 * q + 1] = u.y, x[4 * q + 2] = u.z, x[4 * q + 3] = u.w;
                y[4 * q] = v.x, y[4 * q + 1] = v.y, y[4 * q + 2] = v.z, y[4 * q + 3] = v.w;
            }
#pragma unroll
            for (int i = 0; i < 8; i++) {
#pragma unroll
                for (int j = 0; j < 8; j++) sum[i][j] += x[i] * y[j];
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 8; i++) {
        int at = row + ty + i / 4 * 16 + i % 4;
#pragma unroll
        for (int q = 0; q < 2; q++) {
            int to = column + tx + 32 * q;
            if (at < m && to < n) {
                *reinterpret_cast<float4*>(c + static_cast<i64>(at) * n + to) =
                    make_float4(sum[i][4 * q], sum[i][4 * q + 1], sum[i][4 * q + 2], sum[i][4 * q + 3]);
            }
        }
    }
}
