/*
NT-Xent, version 1: the formula, a thread a row. ../../src/main/cuda/ntxent.cu has the formula and the final version.

u (m, d) has rows of unit length. lse (m); du (m, d) is m tau times the gradient for u. Every number is read from memory
where it is needed: m^2 d readings of each factor, and neighbouring threads read d numbers apart.
*/
#include "../../src/main/cuda/common.cuh"

KERNEL v1_forward(const float* u, float* lse, int m, int d, float temperature) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= m) return;
    float sum = 0;
    for (int k = 0; k < m; k++) {
        float s = 0;
        for (int j = 0; j < d; j++) s += u[i * d + j] * u[k * d + j];
        if (k != i) sum += expf((s - 1) / temperature);                        // nothing is above 1 / tau
    }
    lse[i] = 1 / temperature + logf(sum);
}

KERNEL v1_backward(const float* u, const float* lse, float* du, int m, int d, float temperature) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= m) return;
    for (int j = 0; j < d; j++) du[i * d + j] = 0;
    for (int k = 0; k < m; k++) {
        float s = 0;
        for (int j = 0; j < d; j++) s += u[i * d + j] * u[k * d + j];
        float w = expf(s / temperature - lse[i]) + expf(s / temperature - lse[k]);
        if (k == (i + m / 2) % m) w -= 2;
        if (k == i) w = 0;
        for (int j = 0; j < d; j++) du[i * d + j] += w * u[k * d + j];
    }
}
