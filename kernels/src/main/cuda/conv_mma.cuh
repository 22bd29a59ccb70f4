/*
Convolution and its gradients on tensor cores: conv.cu with factors rounded to P.
                                         ops: invar.core.ContractionOp.Conv2d, Conv2dInputGrad, Conv2dWeightGrad

The matrices, their rows, columns and sums, classes of pixels, groups: as in conv.cu, with which conv.cuh is shared.
Numbers of windows are copied to shared memory one by one (cp.async of 4 bytes, which writes zeros for what is outside
of an image), so none of them passes through registers, and a warp copies 32 neighbours of a row of pixels, or 8 for the
weight grad; weights are copied 16 bytes at a time where their rows allow it.

x (N, C, H, W); w (O, C/G, kh, kw); y (N, O, H', W'); all float
files    conv_tf32.cu, conv_bf16.cu: the precisions; compute capability 8.0
entries  conv_<forward | input_grad | weight_grad>_<precision>_<tile>
launch   tiles, blocks and shared memory as in gemm_mma.cuh; grid = (tiles * groups [* classes], parts), as in conv.cu.
         conv_pack_weight and sum_parts are those of conv.cu and gemm.cu
traffic  as conv.cu
numerics factors rounded to nearest, products exact, sums float, cut off towards zero once in 8 or 16 terms; the bound
         is that of gemm_mma.cuh with k the length of the sum
order    one thread writes an element; its sum goes up k in steps of 8 or 16, which the unit adds at once, then up the
         parts: bitwise reproducible
versions not measured yet on a GPU
*/
#pragma once

#include "conv.cuh"
#include "mma_tile.cuh"

// The loader of mma_tile.cuh for B of forward and input grad.
template <class T>
struct WindowsCopied : WindowPlaces<T> {
    using WindowPlaces<T>::WindowPlaces;
    using Layout = ByDepth<T::COLUMNS>;

    __device__ __forceinline__ void load(float* to, int depth) {
        int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
        this->next(depth, [=](int r, int i, const float* from, bool inside) {
            copy_one(to + Layout::place(lane + i * WARP, warp + r * T::WARPS), from, inside);
        });
    }
};

// Both operands of the weight grad: A[o, (n, i, j)] = dy and B[(n, i, j), (c, u, v)] = the number of x that tap (u, v)
// meets there. Eight lanes take neighbouring pixels, of four rows that are 8 apart, so that they meet all banks; the
// same pixels of both operands, 8 values of k at a time.
template <class T>
struct GradientCopied {
    using A = ByRow;
    using B = ByRow;
    static constexpr int ROWS = T::ROWS / (4 * T::WARPS), COLUMNS = T::COLUMNS / (4 * T::WARPS);
    const float *dy, *x;                                 // dy from this thread's first row on
    int offset[COLUMNS], down[COLUMNS], right[COLUMNS];  // of taps, from where the window begins
    int rows;                                            // left from this thread's first on
    int n, i, j;
    Conv c;

    // Of the s-th row or column of this thread, from its first one on.
    static __device__ __forceinline__ constexpr int step(int s) { return s * T::WARPS % 8 + s * T::WARPS / 8 * 32; }
    static __device__ __forceinline__ int first() { return threadIdx.x / WARP + threadIdx.x % WARP / 8 * 8; }

    __device__ __forceinline__ GradientCopied(const float* dys, const float* xs, const Conv& conv, int first_row,
        int all_rows, int first_column, int columns, int begin) : x(xs), c(conv) {
        int taps = c.kernel_h * c.kernel_w, plane = c.out_height * c.out_width;
        rows = all_rows - first_row - first();
        dy = dys + static_cast<i64>(first_row + first()) * plane;
#pragma unroll
        for (int s = 0; s < COLUMNS; s++) {
            int column = first_column + first() + step(s), channel = column / taps, tap = column - channel * taps;
            int u = tap / c.kernel_w, v = tap - u * c.kernel_w;
            down[s] = column < columns ? u * c.dilation_h - c.pad_h : NOWHERE;
            right[s] = v * c.dilation_w - c.pad_w;
            offset[s] = column < columns ? (channel * c.height + down[s]) * c.width + right[s] : 0;
        }
        int k = begin + threadIdx.x % 8;
        n = k / plane, i = k % plane / c.out_width, j = k % c.out_width;
    }

    __device__ __forceinline__ void load(float* a, float* b, int depth) {
        int plane = c.out_height * c.out_width;
        int next_n = 8 / plane, next_i = 8 % plane / c.out_width, next_j = 8 % c.out_width;
#pragma unroll 1
        for (int in = threadIdx.x % 8; in < T::DEPTH; in += 8) {
            bool some = in < depth;
            int h = i * c.stride_h, l = j * c.stride_w;
            const float* from_dy = dy + static_cast<i64>(n) * c.outputs * plane + i * c.out_width + j;
            const float* from_x = x + static_cast<i64>(n) * c.inputs * (c.height * c.width) + h * c.width + l;
#pragma unroll
            for (int s = 0; s < ROWS; s++) {
                copy_one(a + ByRow::place(first() + step(s), in), from_dy + step(s) * plane, some && step(s) < rows);
            }
#pragma unroll
            for (int s = 0; s < COLUMNS; s++) {
                bool inside = some && static_cast<unsigned>(h + down[s]) < static_cast<unsigned>(c.height)
                    && static_cast<unsigned>(l + right[s]) < static_cast<unsigned>(c.width);
                copy_one(b + ByRow::place(first() + step(s), in), from_x + offset[s], inside);
            }
            j += next_j;
            int carry = j >= c.out_width;
            j -= carry ? c.out_width : 0;
            i += next_i + carry;
            carry = i >= c.out_height;
            i -= carry ? c.out_height : 0;
            n += next_n + carry;
        }
    }
};

#define CONVOLUTIONS(tile, T)                                                                                          \
    KERNEL MMA_BOUNDS(T) conv_forward_##tile(const float* __restrict__ x, const float* __restrict__ w,                 \
        float* __restrict__ y, Conv c) {                                                                               \
        SHARED_BYTES(shared);                                                                                          \
        forward<T, OperandsCopied<AlongSumCopied<T, T::ROWS>, WindowsCopied<T>>>(x, w, y, c, shared);                  \
    }                                                                                                                  \
    KERNEL MMA_BOUNDS(T) conv_input_grad_##tile(const float* __restrict__ dy, const float* __restrict__ w,             \
        float* __restrict__ dx, Conv c, int apart_h, int apart_w, i64 slot, i64 group) {                               \
        SHARED_BYTES(shared);                                                                                          \
        input_grad<T, OperandsCopied<AcrossSumCopied<T, T::ROWS>, WindowsCopied<T>>>(dy, w, dx, c, apart_h, apart_w,   \
            slot, group, shared);                                                                                      \
    }                                                                                                                  \
    KERNEL MMA_BOUNDS(T) conv_weight_grad_##tile(const float* __restrict__ x, const float* __restrict__ dy,            \
        float* __restrict__ dw, Conv c) {                                                                              \
        SHARED_BYTES(shared);                                                                                          \
        weight_grad<T, GradientCopied<T>>(x, dy, dw, c, shared);                                                       \
    }
