/*
C = A B, version 1: the formula.                                A (m, k), B (k, n), C (m, n), all row-major

    C[i, j] = sum over l of A[i, l] B[l, j]

idea     one thread for each element of C, one loop
launch   grid = (ceil(n / 32), ceil(m / 8)), block = (32, 8)
traffic  2 m n k numbers asked for; a warp asks for one number of A and 32 neighbours of B for 32 multiply-adds
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL gemm_v1(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c, int m, int n, int k) {
    int i = blockIdx.y * 8 + threadIdx.y, j = blockIdx.x * 32 + threadIdx.x;
    if (i >= m || j >= n) return;
    float sum = 0;
    for (int l = 0; l < k; l++) sum += a[static_cast<i64>(i) * k + l] * b[static_cast<i64>(l) * n + j];
    c[static_cast<i64>(i) * n + j] = sum;
}
