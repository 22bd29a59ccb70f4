/*
C = A B, version 2: tiles in shared memory.                     A (m, k), B (k, n), C (m, n), all row-major

idea     a block computes 32 x 32 elements and reads 32 columns of A and 32 rows of B at a time into shared memory,
         where each number is used 32 times
launch   grid = (ceil(n / 32), ceil(m / 32)), block = (32, 8): four elements a thread, 8 rows apart; 8 KiB static shared
traffic  2 m n k / 32 numbers from L2. Now shared memory is the limit: 5 reads for 4 multiply-adds
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL gemm_v2(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int m, int n, int k) {
    __shared__ float as[32][32], bs[32][32];
    int x = threadIdx.x, row = blockIdx.y * 32, column = blockIdx.x * 32 + x;
    float sum[4] = {0, 0, 0, 0};
    for (int l = 0; l < k; l += 32) {
        for (int y = threadIdx.y; y < 32; y += 8) {
            as[y][x] = row + y < m && l + x < k ? a[static_cast<i64>(row + y) * k + l + x] : 0.0f;
            bs[y][x] = l + y < k && column < n ? b[static_cast<i64>(l + y) * n + column] : 0.0f;
        }
        __syncthreads();
        for (int t = 0; t < 32; t++) {
#pragma unroll
            for (int r = 0; r < 4; r++) sum[r] += as[threadIdx.y + 8 * r][t] * bs[t][x];
        }
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < 4; r++) {
        int i = row + threadIdx.y + 8 * r;
        if (i < m && column < n) c[static_cast<i64>(i) * n + column] = sum[r];
    }
}
