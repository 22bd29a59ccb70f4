/*
Element by element.                                     ops: invar.core.PointwiseOp (Unary, Binary, Affine, ClampMin)

    y[i] = f(x[i])          z[i] = f(x[i], y[place(i)])          place: how y repeats inside x, see Repeat

x, y, z  n elements; y of a binary op as many as its own shape has
launch   grid = min(ceil(n / 256), 32 blocks a multiprocessor), block = 256, no shared memory; any n >= 0
traffic  every input read once, every output written once
numerics f32; exp, log, erf, tanh as in CUDA's math library (2 ulp at most), not the fast forms; MAX and RELU keep NaN
order    one thread writes an element: no sums, bitwise reproducible
versions not measured yet on a GPU
*/
#include "common.cuh"

#define UNARY(name, value)                                                        \
    KERNEL unary_##name(const float* __restrict__ xs, float* __restrict__ ys, i64 n) { \
        for (i64 i = first_element(); i < n; i += all_threads()) {                \
            float x = xs[i];                                                      \
            ys[i] = value;                                                        \
        }                                                                         \
    }

__device__ __forceinline__ float normal_cdf(float x) { return 0.5f * erfcf(-0.70710678118654752f * x); }
__device__ __forceinline__ float normal_density(float x) { return 0.39894228040143268f * expf(-0.5f * x * x); }

UNARY(neg, -x)
UNARY(exp, expf(x))
UNARY(log, logf(x))
UNARY(sqrt, sqrtf(x))
UNARY(square, x* x)
UNARY(reciprocal, 1.0f / x)
UNARY(abs, fabsf(x))
UNARY(sign, x > 0 ? 1.0f : x < 0 ? -1.0f : x)
UNARY(relu, x > 0 || x != x ? x : 0.0f)
UNARY(step, x > 0 ? 1.0f : 0.0f)
UNARY(gelu, x* normal_cdf(x))
UNARY(gelu_slope, normal_cdf(x) + x * normal_density(x))
UNARY(sigmoid, 1.0f / (1.0f + expf(-x)))
UNARY(tanh, tanhf(x))

KERNEL affine(const float* __restrict__ xs, float* __restrict__ ys, i64 n, float scale, float shift) {
    for (i64 i = first_element(); i < n; i += all_threads()) ys[i] = fmaf(scale, xs[i], shift);
}

KERNEL clamp_min(const float* __restrict__ xs, float* __restrict__ ys, i64 n, float minimum) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        float x = xs[i];
        ys[i] = x < minimum ? minimum : x;
    }
}

#define BINARY(name, value)                                                                                       \
    KERNEL binary_##name(const float* __restrict__ xs, const float* __restrict__ ys, float* __restrict__ zs, i64 n, \
        Repeat repeat) {                                                                                          \
        for (i64 i = first_element(); i < n; i += all_threads()) {                                                \
            float x = xs[i], y = ys[repeat.place(i)];                                                             \
            zs[i] = value;                                                                                        \
        }                                                                                                         \
    }

BINARY(add, x + y)
BINARY(sub, x - y)
BINARY(mul, x* y)
BINARY(div, x / y)
BINARY(max, max_or_nan(x, y))
BINARY(equal, x == y ? 1.0f : 0.0f)
BINARY(less, x < y ? 1.0f : 0.0f)
