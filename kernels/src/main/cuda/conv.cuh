// What conv.cu and its forms on tensor cores share: where the numbers of the matrices of a convolution lie, which
// conv.cu describes, and the products. T is the tile, Both the loader of both operands.
#pragma once

#include "tile.cuh"

// As invar.cuda.Convolutions passes it.
struct Conv {
    int images, inputs, height, width, outputs, out_height, out_width, kernel_h, kernel_w, stride_h, stride_w, pad_h,
        pad_w, dilation_h, dilation_w, groups;
};

// Far outside of any image, and stays there when a tap is added.
constexpr int NOWHERE = -(1 << 30);

// What a pixel (p, q) of the result sums over, each way: place start + p step + a tap of a plane, for all a < taps.
struct Window {
    int channels, taps_h, taps_w, height, width, start_h, start_w, step_h, step_w, tap_h, tap_w;

    __device__ __forceinline__ int depth() const { return channels * taps_h * taps_w; }
};

// Where pixels of the result go: columns are (image, p, q), at (first + p step, first + q step) of a plane.
struct Pixels {
    int height, width;                                   // how many p and q there are
    i64 image;                                           // elements of an image of the result, all channels
    int line, first_h, first_w, step_h, step_w;

    __device__ __forceinline__ i64 operator()(int column) const {
        int plane = height * width, n = column / plane, rest = column - n * plane, p = rest / width;
        return n * image + static_cast<i64>(first_h + p * step_h) * line + first_w + (rest - p * width) * step_w;
    }
};

// B[(channel, a, b), (image, p, q)]. A warp takes rows of B in turn and its lanes neighbouring columns.
template <class T>
struct WindowPlaces {
    static constexpr int COUNT = T::COLUMNS / WARP, ROWS = T::DEPTH / T::WARPS;
    const float* at[COUNT];
    int h[COUNT], l[COUNT];                              // of the first tap
    int channel, a, b;
    int next_channel, next_a, next_b;                    // T::WARPS in the same digits
    Window w;

    __device__ __forceinline__ WindowPlaces(const float* from, i64 image, const Window& window, const Pixels& pixels,
        int first, int columns, int begin) : w(window) {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            int column = first + i * WARP + threadIdx.x % WARP;
            int plane = pixels.height * pixels.width, n = column / plane, rest = column - n * plane;
            int p = rest / pixels.width, q = rest - p * pixels.width;
            h[i] = column < columns ? w.start_h + p * w.step_h : NOWHERE;
            l[i] = w.start_w + q * w.step_w;
            at[i] = from + n * image + static_cast<i64>(h[i]) * w.width + l[i];
        }
        int taps = w.taps_h * w.taps_w, k = begin + threadIdx.x / WARP;
        channel = k / taps, a = k % taps / w.taps_w, b = k % w.taps_w;
        next_channel = T::WARPS / taps, next_a = T::WARPS % taps / w.taps_w, next_b = T::WARPS % w.taps_w;
    }

    // take(r, i, from, inside) for each number of the next step that is this thread's: of row warp + r T::WARPS and
    // column lane + 32 i of B, which is *from, or zero if not `inside`.
    template <class Take>
    __device__ __forceinline__ void next(int depth, const Take& take) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            int down = a * w.tap_h, right = b * w.tap_w;
            int offset = channel * (w.height * w.width) + down * w.width + right;
            bool some = static_cast<int>(threadIdx.x / WARP) + r * T::WARPS < depth;
#pragma unroll
            for (int i = 0; i < COUNT; i++) {
                bool inside = some && static_cast<unsigned>(h[i] + down) < static_cast<unsigned>(w.height)
                    && static_cast<unsigned>(l[i] + right) < static_cast<unsigned>(w.width);
                take(r, i, at[i] + offset, inside);
            }
            b += next_b;
            int carry = b >= w.taps_w;
            b -= carry ? w.taps_w : 0;
            a += next_a + carry;
            carry = a >= w.taps_h;
            a -= carry ? w.taps_h : 0;
            channel += next_channel + carry;
        }
    }
};

template <class T, class Both, class Shared>
__device__ __forceinline__ void forward(const float* x, const float* w, float* y, const Conv& c, Shared* shared) {
    int rows = c.outputs / c.groups, plane = c.out_height * c.out_width, columns = c.images * plane;
    Window window{c.inputs / c.groups, c.kernel_h, c.kernel_w, c.height, c.width, -c.pad_h, -c.pad_w, c.stride_h,
        c.stride_w, c.dilation_h, c.dilation_w};
    Pixels pixels{c.out_height, c.out_width, static_cast<i64>(c.outputs) * plane, c.out_width, 0, 0, 1, 1};
    int depth = window.depth();
    Work<T> work(rows, columns);
    work.sum_over(depth);
    int input = c.height * c.width;
    Both operands{
        {w + static_cast<i64>(work.batch) * rows * depth, depth, work.row, rows, work.begin},
        {x + static_cast<i64>(work.batch) * window.channels * input, static_cast<i64>(c.inputs) * input, window, pixels,
            work.column, columns, work.begin}};
    T tile;
    tile.multiply(operands, work.depth, shared);
    Work<T> here(rows, columns);                         // the same again: registers are scarce in the loop
    y += blockIdx.y * (c.images * pixels.image) + static_cast<i64>(here.batch) * rows * plane;
    tile.write(y, plane, here.row, rows, here.column, columns, in_quads(y, plane), pixels);
}

// One way of a class: its first tap, how many there are, and the row of dy that pixel p = 0 meets with the first.
struct Taps {
    int first, count, start;

    // Taps of a class are `apart`; the first of them, if any, is less.
    __device__ __forceinline__ Taps(int rest, int kernel, int stride, int pad, int dilation, int apart) {
        first = 0;
        while (first < apart && (rest + pad - first * dilation) % stride != 0) first++;
        count = first < apart && first < kernel ? (kernel - 1 - first) / apart + 1 : 0;
        start = count == 0 ? 0 : (rest + pad - first * dilation) / stride;
    }
};

// `apart`: of the taps of a class. `slot`: numbers of packed weights from class to class, which are counted by their
// first taps, and `group` from group to group.
template <class T, class Both, class Shared>
__device__ __forceinline__ void input_grad(const float* dy, const float* w, float* dx, const Conv& c, int apart_h,
    int apart_w, i64 slot, i64 group, Shared* shared) {
    int rows = c.inputs / c.groups, plane = c.out_height * c.out_width, result = c.height * c.width;
    int most = c.images * ((c.height - 1) / c.stride_h + 1) * ((c.width - 1) / c.stride_w + 1);
    Work<T> work(rows, most);
    int kind = work.batch / c.groups, g = work.batch % c.groups;
    int rest_h = kind / c.stride_w, rest_w = kind % c.stride_w;
    Taps vertical(rest_h, c.kernel_h, c.stride_h, c.pad_h, c.dilation_h, apart_h);
    Taps horizontal(rest_w, c.kernel_w, c.stride_w, c.pad_w, c.dilation_w, apart_w);
    Window window{c.outputs / c.groups, vertical.count, horizontal.count, c.out_height, c.out_width, vertical.start,
        horizontal.start, 1, 1, -(apart_h * c.dilation_h / c.stride_h), -(apart_w * c.dilation_w / c.stride_w)};
    Pixels pixels{(c.height - 1 - rest_h + c.stride_h) / c.stride_h, (c.width - 1 - rest_w + c.stride_w) / c.stride_w,
        static_cast<i64>(c.inputs) * result, c.width, rest_h, rest_w, c.stride_h, c.stride_w};
    int columns = c.images * pixels.height * pixels.width;
    if (work.column >= columns) return;                  // the whole block
    int depth = window.depth();
    work.sum_over(depth);
    if (depth == 0) window.taps_h = window.taps_w = 1;   // to divide by; there are no steps
    w += g * group + (vertical.first * apart_w + horizontal.first) * slot;
    Both operands{
        {w, rows, work.row, rows, work.begin},
        {dy + static_cast<i64>(g) * window.channels * plane, static_cast<i64>(c.outputs) * plane, window, pixels,
            work.column, columns, work.begin}};
    T tile;
    tile.multiply(operands, work.depth, shared);
    dx += blockIdx.y * (c.images * pixels.image) + static_cast<i64>(g) * rows * result;
    tile.write(dx, result, work.row, rows, work.column, columns,
        c.stride_h * c.stride_w == 1 && in_quads(dx, result), pixels);
}

template <class T, class Both, class Shared>
__device__ __forceinline__ void weight_grad(const float* x, const float* dy, float* dw, const Conv& c, Shared* shared) {
    int rows = c.outputs / c.groups, channels = c.inputs / c.groups, columns = channels * c.kernel_h * c.kernel_w;
    int depth = c.images * c.out_height * c.out_width;
    Work<T> work(rows, columns);
    work.sum_over(depth);
    Both gradient(dy + static_cast<i64>(work.batch) * rows * (c.out_height * c.out_width),
        x + static_cast<i64>(work.batch) * channels * (c.height * c.width), c, work.row, rows, work.column, columns,
        work.begin);
    T tile;
    tile.multiply(gradient, work.depth, shared);
    Work<T> here(rows, columns);
    dw += (static_cast<i64>(blockIdx.y) * c.groups + here.batch) * rows * columns;
    tile.write(dw, columns, here.row, rows, here.column, columns, in_quads(dw, columns), Neighbours());
}
