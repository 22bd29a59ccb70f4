/*
Barlow Twins, version 1: the formula, as formula.cuh has it, every line a kernel and everything in memory.

idea     a thread for each column, element of c, row of c, or element of a gradient, one loop each
launch   *_standardise, *_through_norm, *_loss: grid = ceil(d / 256); *_correlation: ceil(d d / 256); *_backward_*:
         ceil(n d / 256); *_total: one thread works. block = 256
flops    6 n d^2: 2 n d^2 for c, dx and dy each
memory   4 d^2 bytes for c, 8 n d for x and y, 8 n d for dx and dy. c is written once and read three times
traffic  *_correlation asks for 2 n d^2 numbers: a warp for one number of x and 32 neighbours of y. *_loss reads c with
         32 threads d numbers apart, 32 sectors for 128 bytes; *_backward_a too
order    k, then j: always the same
time     not measured yet on a GPU
*/
#include "formula.cuh"

KERNEL barlow_v1_standardise(const float* __restrict__ a, float* __restrict__ x, float* __restrict__ rstd, int n, int d,
    float epsilon) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= d) return;
    float sum = 0, squares = 0;
    for (int k = 0; k < n; k++) sum += a[static_cast<i64>(k) * d + i];
    float mean = sum / n;
    for (int k = 0; k < n; k++) {
        float v = a[static_cast<i64>(k) * d + i] - mean;
        squares += v * v;
    }
    float r = 1 / sqrtf(squares / n + epsilon);
    for (int k = 0; k < n; k++) x[static_cast<i64>(k) * d + i] = (a[static_cast<i64>(k) * d + i] - mean) * r;
    rstd[i] = r;
}

KERNEL barlow_v1_correlation(const float* __restrict__ x, const float* __restrict__ y, float* __restrict__ c, int n,
    int d) {
    i64 at = first_element();
    if (at >= static_cast<i64>(d) * d) return;
    i64 i = at / d, j = at % d;
    float sum = 0;
    for (int k = 0; k < n; k++) sum += x[static_cast<i64>(k) * d + i] * y[static_cast<i64>(k) * d + j];
    c[at] = sum / n;
}

// What each row of c has to do with the loss.
KERNEL barlow_v1_loss(const float* __restrict__ c, float* __restrict__ rows, int d, float lambda) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= d) return;
    float sum = 0;
    for (int j = 0; j < d; j++) sum += barlow_term(c[static_cast<i64>(i) * d + j], i == j, lambda);
    rows[i] = sum;
}

KERNEL barlow_v1_total(const float* __restrict__ rows, float* __restrict__ loss, int d) {
    if (first_element() > 0) return;
    float sum = 0;
    for (int i = 0; i < d; i++) sum += rows[i];
    *loss = sum;
}

// dx = 1/n y dc'.
KERNEL barlow_v1_backward_a(const float* __restrict__ c, const float* __restrict__ y, float* __restrict__ dx, int n,
    int d, float lambda) {
    i64 at = first_element();
    if (at >= static_cast<i64>(n) * d) return;
    i64 k = at / d, i = at % d;
    float sum = 0;
    for (int j = 0; j < d; j++) sum += y[k * d + j] * barlow_slope(c[i * d + j], i == j, lambda);
    dx[at] = sum / n;
}

// dy = 1/n x dc.
KERNEL barlow_v1_backward_b(const float* __restrict__ c, const float* __restrict__ x, float* __restrict__ dy, int n,
    int d, float lambda) {
    i64 at = first_element();
    if (at >= static_cast<i64>(n) * d) return;
    i64 k = at / d, j = at % d;
    float sum = 0;
    for (int i = 0; i < d; i++) sum += x[k * d + i] * barlow_slope(c[i * static_cast<i64>(d) + j], i == j, lambda);
    dy[at] = sum / n;
}

KERNEL barlow_v1_through_norm(const float* __restrict__ x, const float* __restrict__ rstd, const float* dx,
    float* da, int n, int d) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= d) return;
    float along = 0;
    for (int k = 0; k < n; k++) along += dx[static_cast<i64>(k) * d + i] * x[static_cast<i64>(k) * d + i];
    for (int k = 0; k < n; k++) {
        i64 at = static_cast<i64>(k) * d + i;
        da[at] = rstd[i] * (dx[at] - x[at] * along / n);
    }
}
