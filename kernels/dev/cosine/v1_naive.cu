/*
The cosine of every row of a with every row of b, version 1: the formula.    a (n, d), b (m, d), s (n, m), all row-major

    s[i, j] = a_i . b_j / (max(|a_i|, epsilon) max(|b_j|, epsilon))       |x|^2 = x . x

as torch.nn.functional.cosine_similarity defines it; see docs/math/cosine_similarity.md.

idea     one thread for each element of s, which sums the product and both squares in one loop
launch   grid = ceil(n m / 256), block = 256
flops    6 n m d: two thirds of them for lengths, that of a_i m times and that of b_j n times
traffic  2 n m d numbers asked for. A warp has one i and 32 neighbouring j: one number of a, and 32 of b that lie d
         apart, 32 sectors of 32 bytes for 128 bytes; the rest of each is for the next seven k, if L1 keeps it
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/common.cuh"

KERNEL cosine_v1(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ s, int n, int m, int d,
    float epsilon) {
    i64 at = first_element();
    if (at >= static_cast<i64>(n) * m) return;
    const float *x = a + at / m * d, *y = b + at % m * d;
    float dot = 0, xx = 0, yy = 0;
    for (int k = 0; k < d; k++) {
        dot += x[k] * y[k];
        xx += x[k] * x[k];
        yy += y[k] * y[k];
    }
    s[at] = dot / (fmaxf(sqrtf(xx), epsilon) * fmaxf(sqrtf(yy), epsilon));
}
