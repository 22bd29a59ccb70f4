/*
Convolution and its gradients as matrix products.                     ops: invar.core.ContractionOp.Conv2d,
                                                                            Conv2dInputGrad, Conv2dWeightGrad

    y[n, o, i, j]  = sum over c, u, v of  w[o, c, u, v] x[n, c, h, l]      h = i stride + u dilation - padding,
    dx[n, c, h, l] = sum over o, u, v of  w[o, c, u, v] dy[n, o, i, j]     l likewise from j and v; nothing outside
    dw[o, c, u, v] = sum over n, i, j of  dy[n, o, i, j] x[n, c, h, l]     of x

for each group on its own; c counts the channels of a group. The matrix of windows is never stored: a loader finds each
of its numbers in x or dy when the tile (tile.cuh) asks for it, and counts (c, u, v) or (n, i, j) up without dividing.

                 rows          columns                     sum (k)
    forward      o             pixels (n, i, j)            (c, u, v): w as it is stored
    input grad   c             pixels (n, h, l) of a class (o, u, v) of that class: w packed as [group][class][k][c]
    weight grad  o             (c, u, v)                   (n, i, j)

Classes: with a stride s a pixel h of x meets only taps u with h + padding - u dilation divisible by s, so pixels with
the same rest mod s form a class, which is a convolution of stride 1 with those taps, s / gcd(s, dilation) apart: no
products with the zeros between. A pixel that no tap meets becomes 0.

x (N, C, H, W); w (O, C/G, kh, kw); y (N, O, H', W')
launch   tiles and blocks as in gemm.cu; grid = (tiles * groups [* classes], parts). Weights and the result are read and
         written in fours where possible; x and dy one by one, 32 neighbours a warp, or 8 for the weight grad.
         parts > 1: as there, each of as many numbers as the result; sum_parts (gemm.cu) adds them
         conv_pack_weight: grid = min(ceil(elements of w / 256), 32 blocks a multiprocessor), block = 256
traffic  a tile reads its rows and columns once: as gemm.cu. Windows overlap: neighbours come from L1 and L2
numerics f32, fused multiply-adds
order    one thread writes an element; its sum goes up k, then up the parts: bitwise reproducible
versions not measured yet on a GPU
*/
#include "conv.cuh"

// The loader of tile.cuh for these.
template <class T>
struct Windows : WindowPlaces<T> {
    using WindowPlaces<T>::WindowPlaces;
    using WindowPlaces<T>::COUNT;
    using WindowPlaces<T>::ROWS;
    float held[ROWS][COUNT];

    __device__ __forceinline__ void fetch(int depth) {
        this->next(depth, [this](int r, int i, const float* from, bool inside) { held[r][i] = inside ? *from : 0.0f; });
    }

    __device__ __forceinline__ void store(float* to) const {
        to += threadIdx.x / WARP * (T::COLUMNS + 4) + threadIdx.x % WARP;
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
#pragma unroll
            for (int i = 0; i < COUNT; i++) to[r * T::WARPS * (T::COLUMNS + 4) + i * WARP] = held[r][i];
        }
    }
};

// Both operands of the weight grad: A[o, (n, i, j)] = dy and B[(n, i, j), (c, u, v)] = the number of x that tap (u, v)
// meets there. Eight lanes take neighbouring pixels, of four rows at once; each thread's pixel is the same in both.
template <class T>
struct Gradient {
    static constexpr int EIGHTS = T::DEPTH / 8, PASS = 4 * T::WARPS / EIGHTS;
    static constexpr int ROWS = T::ROWS / PASS, COLUMNS = T::COLUMNS / PASS;
    const float *dy, *x;                                 // dy from this thread's first row on
    int offset[COLUMNS], down[COLUMNS], right[COLUMNS];  // of taps, from where the window begins
    int rows, plane, e, in;                              // rows: left from this thread's first on
    int n, i, j;
    int next_n, next_i, next_j;                          // T::DEPTH in the same digits
    Conv c;
    float held_a[ROWS], held_b[COLUMNS];

    __device__ __forceinline__ Gradient(const float* dys, const float* xs, const Conv& conv, int first_row,
        int all_rows, int first_column, int columns, int begin) : x(xs), c(conv) {
        int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, taps = c.kernel_h * c.kernel_w;
        e = lane / 8 + 4 * (warp / EIGHTS);
        in = lane % 8 + 8 * (warp % EIGHTS);
        rows = all_rows - first_row - e;
        plane = c.out_height * c.out_width;
        dy = dys + static_cast<i64>(first_row + e) * plane;
#pragma unroll
        for (int s = 0; s < COLUMNS; s++) {
            int column = first_column + e + s * PASS, channel = column / taps, tap = column - channel * taps;
            int u = tap / c.kernel_w, v = tap - u * c.kernel_w;
            down[s] = column < columns ? u * c.dilation_h - c.pad_h : NOWHERE;
            right[s] = v * c.dilation_w - c.pad_w;
            offset[s] = column < columns ? (channel * c.height + down[s]) * c.width + right[s] : 0;
        }
        int k = begin + in;
        n = k / plane, i = k % plane / c.out_width, j = k % c.out_width;
        next_n = T::DEPTH / plane, next_i = T::DEPTH % plane / c.out_width, next_j = T::DEPTH % c.out_width;
    }

    __device__ __forceinline__ void fetch(int depth) {
        bool some = in < depth;
        int h = i * c.stride_h, l = j * c.stride_w;
        const float* from_dy = dy + static_cast<i64>(n) * c.outputs * plane + i * c.out_width + j;
        const float* from_x = x + static_cast<i64>(n) * c.inputs * (c.height * c.width) + h * c.width + l;
#pragma unroll
        for (int s = 0; s < ROWS; s++) held_a[s] = some && s * PASS < rows ? from_dy[s * PASS * plane] : 0.0f;
#pragma unroll
        for (int s = 0; s < COLUMNS; s++) {
            bool inside = some && static_cast<unsigned>(h + down[s]) < static_cast<unsigned>(c.height)
                && static_cast<unsigned>(l + right[s]) < static_cast<unsigned>(c.width);
            held_b[s] = inside ? from_x[offset[s]] : 0.0f;
        }
        j += next_j;
        int carry = j >= c.out_width;
        j -= carry ? c.out_width : 0;
        i += next_i + carry;
        carry = i >= c.out_height;
        i -= carry ? c.out_height : 0;
        n += next_n + carry;
    }

    __device__ __forceinline__ void store(float* a, float* b) const {
        a += in * (T::ROWS + 4) + e;
        b += in * (T::COLUMNS + 4) + e;
#pragma unroll
        for (int s = 0; s < ROWS; s++) a[s * PASS] = held_a[s];
#pragma unroll
        for (int s = 0; s < COLUMNS; s++) b[s * PASS] = held_b[s];
    }
};

#define CONVOLUTIONS(tile, T)                                                                                          \
    KERNEL TILE_BOUNDS(T) conv_forward_##tile(const float* __restrict__ x, const float* __restrict__ w,                \
        float* __restrict__ y, Conv c) {                                                                               \
        __shared__ float4 shared[T::SHARED];                                                                           \
        forward<T, Operands<AlongSum<T, T::ROWS>, Windows<T>>>(x, w, y, c, shared);                                    \
    }                                                                                                                  \
    KERNEL TILE_BOUNDS(T) conv_input_grad_##tile(const float* __restrict__ dy, const float* __restrict__ w,            \
        float* __restrict__ dx, Conv c, int apart_h, int apart_w, i64 slot, i64 group) {                               \
        __shared__ float4 shared[T::SHARED];                                                                           \
        input_grad<T, Operands<AcrossSum<T, T::ROWS>, Windows<T>>>(dy, w, dx, c, apart_h, apart_w, slot, group,        \
            shared);                                                                                                   \
    }                                                                                                                  \
    KERNEL TILE_BOUNDS(T) conv_weight_grad_##tile(const float* __restrict__ x, const float* __restrict__ dy,           \
        float* __restrict__ dw, Conv c) {                                                                              \
        __shared__ float4 shared[T::SHARED];                                                                           \
        weight_grad<T, Gradient<T>>(x, dy, dw, c, shared);                                                             \
    }

CONVOLUTIONS(large, Large)
CONVOLUTIONS(medium, Medium)
CONVOLUTIONS(small, Small)

// w (O, C/G, kh, kw) as the input grad reads it: [group][first taps of the class][o][a][b][c].
KERNEL conv_pack_weight(const float* __restrict__ w, float* __restrict__ packed, Conv c, int apart_h, int apart_w,
    i64 slot, i64 group) {
    int channels = c.inputs / c.groups, taps = c.kernel_h * c.kernel_w, outputs = c.outputs / c.groups;
    i64 n = static_cast<i64>(c.outputs) * taps * channels;
    for (i64 i = first_element(); i < n; i += all_threads()) {          // [o][u][v][c]: written side by side
        int channel = i % channels, tap = i / channels % taps, o = i / channels / taps;
        int u = tap / c.kernel_w, v = tap % c.kernel_w, first_h = u % apart_h, first_w = v % apart_w;
        int across = (c.kernel_w - 1 - first_w) / apart_w + 1, down = (c.kernel_h - 1 - first_h) / apart_h + 1;
        i64 k = (o % outputs * static_cast<i64>(down) + u / apart_h) * across + v / apart_w;
        packed[o / outputs * group + (first_h * apart_w + first_w) * slot + k * channels + channel]
            = w[(static_cast<i64>(o) * channels + channel) * taps + tap];
    }
}
