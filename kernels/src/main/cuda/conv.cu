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
struct Windows {
    static constexpr int COUNT = T::COLUMNS / WARP, ROWS = T::DEPTH / T::WARPS;
    const float* at[COUNT];
    int h[COUNT], l[COUNT];                              // of the first tap
    int channel, a, b;
    int next_channel, next_a, next_b;                    // T::WARPS in the same digits
    Window w;
    float held[ROWS][COUNT];

    __device__ __forceinline__ Windows(const float* from, i64 image, const Window& window, const Pixels& pixels,
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

    __device__ __forceinline__ void fetch(int depth) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            int down = a * w.tap_h, right = b * w.tap_w;
            int offset = channel * (w.height * w.width) + down * w.width + right;
            bool some = static_cast<int>(threadIdx.x / WARP) + r * T::WARPS < depth;
#pragma unroll
            for (int i = 0; i < COUNT; i++) {
                bool inside = some && static_cast<unsigned>(h[i] + down) < static_cast<unsigned>(w.height)
                    && static_cast<unsigned>(l[i] + right) < static_cast<unsigned>(w.width);
                held[r][i] = inside ? at[i][offset] : 0.0f;
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

    __device__ __forceinline__ void store(float* to) const {
        to += threadIdx.x / WARP * (T::COLUMNS + 4) + threadIdx.x % WARP;
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
#pragma unroll
            for (int i = 0; i < COUNT; i++) to[r * T::WARPS * (T::COLUMNS + 4) + i * WARP] = held[r][i];
        }
    }
};

template <class T>
__device__ __forceinline__ void forward(const float* x, const float* w, float* y, const Conv& c, float4* shared) {
    int rows = c.outputs / c.groups, plane = c.out_height * c.out_width, columns = c.images * plane;
    Window window{c.inputs / c.groups, c.kernel_h, c.kernel_w, c.height, c.width, -c.pad_h, -c.pad_w, c.stride_h,
        c.stride_w, c.dilation_h, c.dilation_w};
    Pixels pixels{c.out_height, c.out_width, static_cast<i64>(c.outputs) * plane, c.out_width, 0, 0, 1, 1};
    int depth = window.depth();
    Work<T> work(rows, columns);
    work.sum_over(depth);
    int input = c.height * c.width;
    Operands<AlongSum<T, T::ROWS>, Windows<T>> operands{
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
template <class T>
__device__ __forceinline__ void input_grad(const float* dy, const float* w, float* dx, const Conv& c, int apart_h,
    int apart_w, i64 slot, i64 group, float4* shared) {
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
    Operands<AcrossSum<T, T::ROWS>, Windows<T>> operands{
        {w, rows, work.row, rows, work.begin},
        {dy + static_cast<i64>(g) * window.channels * plane, static_cast<i64>(c.outputs) * plane, window, pixels,
            work.column, columns, work.begin}};
    T tile;
    tile.multiply(operands, work.depth, shared);
    dx += blockIdx.y * (c.images * pixels.image) + static_cast<i64>(g) * rows * result;
    tile.write(dx, result, work.row, rows, work.column, columns,
        c.stride_h * c.stride_w == 1 && in_quads(dx, result), pixels);
}

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

template <class T>
__device__ __forceinline__ void weight_grad(const float* x, const float* dy, float* dw, const Conv& c, float4* shared) {
    int rows = c.outputs / c.groups, channels = c.inputs / c.groups, columns = channels * c.kernel_h * c.kernel_w;
    int depth = c.images * c.out_height * c.out_width;
    Work<T> work(rows, columns);
    work.sum_over(depth);
    Gradient<T> gradient(dy + static_cast<i64>(work.batch) * rows * (c.out_height * c.out_width),
        x + static_cast<i64>(work.batch) * channels * (c.height * c.width), c, work.row, rows, work.column, columns,
        work.begin);
    T tile;
    tile.multiply(gradient, work.depth, shared);
    Work<T> here(rows, columns);
    dw += (static_cast<i64>(blockIdx.y) * c.groups + here.batch) * rows * columns;
    tile.write(dw, columns, here.row, rows, here.column, columns, in_quads(dw, columns), Neighbours());
}

#define CONVOLUTIONS(tile, T)                                                                                       \
    KERNEL TILE_BOUNDS(T) conv_forward_##tile(const float* __restrict__ x, const float* __restrict__ w,            \
        float* __restrict__ y, Conv c) {                                                                \
        __shared__ float4 shared[T::SHARED];                                                                       \
        forward<T>(x, w, y, c, shared);                                                                     \
    }                                                                                                              \
    KERNEL TILE_BOUNDS(T) conv_input_grad_##tile(const float* __restrict__ dy, const float* __restrict__ w,        \
        float* __restrict__ dx, Conv c, int apart_h, int apart_w, i64 slot, i64 group) {                \
        __shared__ float4 shared[T::SHARED];                                                                       \
        input_grad<T>(dy, w, dx, c, apart_h, apart_w, slot, group, shared);                                 \
    }                                                                                                              \
    KERNEL TILE_BOUNDS(T) conv_weight_grad_##tile(const float* __restrict__ x, const float* __restrict__ dy,       \
        float* __restrict__ dw, Conv c) {                                                               \
        __shared__ float4 shared[T::SHARED];                                                                       \
        weight_grad<T>(x, dy, dw, c, shared);                                                               \
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
