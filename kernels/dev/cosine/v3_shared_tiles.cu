/*
Cosines, version 3: tiles in shared memory.                  a (n, d), b (m, d), s (n, m), ra (n), rb (m), all row-major

    u_i = ra_i a_i,  v_j = rb_j b_j      s = u v'

idea     a block has 16 x 16 elements of s. Its threads read 16 rows of a and of b together, 16 numbers of each at a
         time: each number is used 16 times, and neighbours read neighbours. They divide by the lengths on the way, so
         that u and v exist in shared memory only, and no sum is larger than 1: with lengths in f64, which the final
         version has, rows may have any floats
launch   grid = (ceil(m / 16), ceil(n / 16)), block = 256; 2.1 KiB static shared: 8 blocks on a
         multiprocessor of an H100, all its threads
flops    2 n m d, and 2 n m d / 16 for the division
traffic  2 n m d / 16 numbers from L2. Now shared memory is the limit: 2 readings of 4 bytes for a multiply-add. Rows
         are 17 floats there, so that 16 rows at one place of k meet 16 banks
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

constexpr int COSINE_SIDE = 16;

KERNEL cosine_v3(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ ra,
    const float* __restrict__ rb, float* __restrict__ s, int n, int m, int d) {
    __shared__ float us[COSINE_SIDE][COSINE_SIDE + 1], vs[COSINE_SIDE][COSINE_SIDE + 1];
    int x = threadIdx.x % COSINE_SIDE, y = threadIdx.x / COSINE_SIDE;
    int i = blockIdx.y * COSINE_SIDE + y, j = blockIdx.x * COSINE_SIDE + x;
    int row = blockIdx.x * COSINE_SIDE + y;              // of b, that this thread brings
    float sum = 0;
    for (int k = 0; k < d; k += COSINE_SIDE) {
        us[y][x] = i < n && k + x < d ? a[static_cast<i64>(i) * d + k + x] * ra[i] : 0.0f;
        vs[y][x] = row < m && k + x < d ? b[static_cast<i64>(row) * d + k + x] * rb[row] : 0.0f;
        __syncthreads();
        for (int l = 0; l < COSINE_SIDE; l++) sum += us[y][l] * vs[x][l];
        __syncthreads();
    }
    if (i < n && j < m) s[static_cast<i64>(i) * m + j] = sum;
}
