/*
C = A B, version 3: tiles in registers.                         A (m, k), B (k, n), C (m, n), all row-major

idea     a thread computes 8 x 8 elements: from 16 numbers that it reads from shared memory come 64 multiply-adds, each
         number being used 8 times in registers
launch   grid = (ceil(n / 128), ceil(m / 128)), block = 256; 8 KiB static shared
traffic  2 m n k / 128 numbers from L2; 1 read of shared memory for 4 multiply-adds
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL __launch_bounds__(256, 2) gemm_v3(const float* __restrict__ a, const float* __restrict__ b,
    float* __restrict__ c, int m, int n, int k) {
    __shared__ float as[8][128], bs[8][128];             // A transposed, so that both are read along rows
    int row = blockIdx.y * 128, column = blockIdx.x * 128, ty = threadIdx.x / 16, tx = threadIdx.x % 16;
    float sum[8][8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
#pragma unroll
        for (int j = 0; j < 8; j++) sum[i][j] = 0;
    }
    for (int l = 0; l < k; l += 8) {
        for (int e = threadIdx.x; e < 1024; e += 256) {
            int i = row + e / 8, s = l + e % 8, j = column + e % 128, t = l + e / 128;
            as[e % 8][e / 8] = i < m && s < k ? a[static_cast<i64>(i) * k + s] : 0.0f;
            bs[e / 128][e % 128] = t < k && j < n ? b[static_cast<i64>(t) * n + j] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int t = 0; t < 8; t++) {
            float x[8], y[8];
#pragma unroll
            for (int i = 0; i < 8; i++) x[i] = as[t][ty + 16 * i], y[i] = bs[t][tx + 16 * i];
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
#pragma unroll
        for (int j = 0; j < 8; j++) {
            int at = row + ty + 16 * i, to = column + tx + 16 * j;
            if (at < m && to < n) c[static_cast<i64>(at) * n + to] = sum[i][j];
        }
    }
}
