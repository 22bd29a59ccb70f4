/*
Cosines, version 2: lengths once.                            a (n, d), b (m, d), s (n, m), ra (n), rb (m), all row-major

    ra_i = 1 / max(|a_i|, epsilon), rb alike      s[i, j] = ra_i rb_j a_i . b_j

idea     the lengths, n + m of them, are summed before by a kernel of their own: a warp a row, lanes in turn, then a
         butterfly, which always adds in the same order
launch   lengths: grid = ceil(rows / 8), block = 256; product: grid = ceil(n m / 256), block = 256
flops    2 n m d + 2 (n + m) d: a third of version 1
traffic  as version 1, and (n + m) d numbers once more, neighbours by neighbours: 128 bytes are 4 sectors
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL cosine_v2_lengths(const float* __restrict__ x, float* __restrict__ r, int rows, int d, float epsilon) {
    int row = blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (row >= rows) return;                             // a warp as a whole
    float squares = 0;
    for (int k = threadIdx.x % WARP; k < d; k += WARP) {
        float v = x[static_cast<i64>(row) * d + k];
        squares += v * v;
    }
    squares = warp_sum(squares);
    if (threadIdx.x % WARP == 0) r[row] = 1 / fmaxf(sqrtf(squares), epsilon);
}

KERNEL cosine_v2(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ ra,
    const float* __restrict__ rb, float* __restrict__ s, int n, int m, int d) {
    i64 at = first_element();
    if (at >= static_cast<i64>(n) * m) return;
    const float *x = a + at / m * d, *y = b + at % m * d;
    float dot = 0;
    for (int k = 0; k < d; k++) dot += x[k] * y[k];
    s[at] = dot * ra[at / m] * rb[at % m];
}
