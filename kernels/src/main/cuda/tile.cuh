// What gemm.cu and conv.cu share: a block computes one tile of a result,
//
//     C[row, column] = sum over k of A[row, k] B[k, column],
//
// in steps of DEPTH values of k. Each step lies in shared memory as A[k][row] and B[k][column], in two buffers: while
// one is multiplied, the next step is on its way through registers into the other, so a step costs one barrier. Where
// the numbers come from is the business of a loader with two functions: fetch(depth) reads the next step into
// registers, with zeros where k is `depth` or more on from its beginning, and store(a, b) writes it to a buffer. Every
// thread keeps 4 x 4 sums, or two or four such squares, in registers.
//
// Lanes of a warp form 4 rows of 8, each lane with quads of neighbouring numbers: a float4 of A is read by 8 lanes at
// once and one of B by 4, eight different ones side by side, which all 32 banks serve together. Rows in shared memory
// are 4 floats longer than the tile, so that 8 lanes along k by 4 across it write to 32 banks.
#pragma once

#include "common.cuh"

// May rows of `length` numbers, one of which holds this one at a multiple of 4, be read or written four at a time?
__device__ __forceinline__ bool in_quads(const float* number, int length) {
    return length % 4 == 0 && reinterpret_cast<size_t>(number) % 16 == 0;
}

template <int ROW_WARPS, int COLUMN_WARPS, int ROW_QUADS, int COLUMN_QUADS, int STEP>
struct Tile {
    static constexpr int WARPS = ROW_WARPS * COLUMN_WARPS, THREADS = WARP * WARPS, DEPTH = STEP;
    static constexpr int ROWS = ROW_WARPS * ROW_QUADS * 16, COLUMNS = COLUMN_WARPS * COLUMN_QUADS * 32;
    static constexpr int ROW_QUAD = ROW_QUADS, COLUMN_QUAD = COLUMN_QUADS;
    static constexpr int A = DEPTH * (ROWS + 4), BUFFER = A + DEPTH * (COLUMNS + 4);     // floats
    static constexpr int SHARED = 2 * BUFFER / 4;                                        // float4s of both buffers

    float sum[4 * ROW_QUADS][4 * COLUMN_QUADS];

    // Of this thread's first quad in the tile; the others are 16 rows, or 32 columns, on.
    static __device__ __forceinline__ int row() {
        return threadIdx.x / WARP / COLUMN_WARPS * (16 * ROW_QUADS) + threadIdx.x % WARP / 8 * 4;
    }
    static __device__ __forceinline__ int column() {
        return threadIdx.x / WARP % COLUMN_WARPS * (32 * COLUMN_QUADS) + threadIdx.x % 8 * 4;
    }

    __device__ __forceinline__ void add_products(const float* a, const float* b) {
        a += row();
        b += column();
#pragma unroll
        for (int k = 0; k < DEPTH; k++) {
            float x[4 * ROW_QUADS], y[4 * COLUMN_QUADS];
#pragma unroll
            for (int q = 0; q < ROW_QUADS; q++) {
                float4 v = *reinterpret_cast<const float4*>(a + k * (ROWS + 4) + 16 * q);
                x[4 * q] = v.x, x[4 * q + 1] = v.y, x[4 * q + 2] = v.z, x[4 * q + 3] = v.w;
            }
#pragma unroll
            for (int q = 0; q < COLUMN_QUADS; q++) {
                float4 v = *reinterpret_cast<const float4*>(b + k * (COLUMNS + 4) + 32 * q);
                y[4 * q] = v.x, y[4 * q + 1] = v.y, y[4 * q + 2] = v.z, y[4 * q + 3] = v.w;
            }
#pragma unroll
            for (int i = 0; i < 4 * ROW_QUADS; i++) {
#pragma unroll
                for (int j = 0; j < 4 * COLUMN_QUADS; j++) sum[i][j] += x[i] * y[j];
            }
        }
    }

    // Sums over `depth` values of k, which may be none. All threads of the block call this, once.
    template <class Loader>
    __device__ __forceinline__ void multiply(Loader& loader, int depth, float4* shared) {
#pragma unroll
        for (int i = 0; i < 4 * ROW_QUADS; i++) {
#pragma unroll
            for (int j = 0; j < 4 * COLUMN_QUADS; j++) sum[i][j] = 0;
        }
        if (depth <= 0) return;
        float* buffer = reinterpret_cast<float*>(shared);
        int full = 0;
        loader.fetch(depth);
        loader.store(buffer, buffer + A);
        __syncthreads();
        while ((depth -= DEPTH) > 0) {
            loader.fetch(depth);
            add_products(buffer + full, buffer + full + A);
            full = again(BUFFER - full);                 // everybody had finished with it before the last barrier
            loader.store(buffer + full, buffer + full + A);
            __syncthreads();
        }
        add_products(buffer + full, buffer + full + A);
    }

    // to[row * stride + place(column)] = sum, inside of the result. With `quads`, place(column) of four neighbours are
    // neighbours, addresses of the first are multiples of 16 bytes, and `columns` is a multiple of 4.
    template <class Place>
    __device__ __forceinline__ void write(float* to, i64 stride, int first_row, int rows, int first_column, int columns,
        bool quads, const Place& place) const {
        first_row += row();
        first_column += column();
        to += first_row * stride;
#pragma unroll
        for (int q = 0; q < COLUMN_QUADS; q++) {
            int column = first_column + 32 * q;
            if (quads) {
                if (column >= columns) continue;
                float* at = to + place(column);
#pragma unroll
                for (int i = 0; i < 4 * ROW_QUADS; i++) {
                    int row = i / 4 * 16 + i % 4;
                    if (first_row + row < rows) {
                        *reinterpret_cast<float4*>(at + row * stride) = make_float4(
                            sum[i][4 * q], sum[i][4 * q + 1], sum[i][4 * q + 2], sum[i][4 * q + 3]);
                    }
                }
                continue;
            }
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (column + j >= columns) continue;
                float* at = to + place(column + j);
#pragma unroll
                for (int i = 0; i < 4 * ROW_QUADS; i++) {
                    int row = i / 4 * 16 + i % 4;
                    if (first_row + row < rows) at[row * stride] = sum[i][4 * q + j];
                }
            }
        }
    }
};

// invar.cuda.Tiling knows these sizes.
using Large = Tile<4, 2, 2, 2, 8>;                       // 128 x 128, 256 threads with 8 x 8 sums each
using Medium = Tile<2, 2, 2, 1, 16>;                     //  64 x  64, 128 threads with 8 x 4
using Small = Tile<2, 2, 1, 1, 16>;                      //  32 x  64, 128 threads with 4 x 4

// At most 128 registers a thread, so that 512 threads and more share a multiprocessor.
#define TILE_BOUNDS(T) __launch_bounds__(T::THREADS, 512 / T::THREADS)

// Columns of a matrix stored by rows.
struct Neighbours {
    __device__ __forceinline__ i64 operator()(int column) const { return column; }
};

// This block's part of the sum; gridDim.y is the number of parts.
template <class T>
struct Part {
    int begin, depth;                                    // the first k, and how many

    // Of `all` values of k; parts are whole steps.
    __device__ __forceinline__ void sum_over(int all) {
        i64 steps = (static_cast<i64>(all) + T::DEPTH - 1) / T::DEPTH;
        begin = static_cast<int>(steps * blockIdx.y / gridDim.y * T::DEPTH);
        depth = static_cast<int>(min(static_cast<i64>(all), steps * (blockIdx.y + 1) / gridDim.y * T::DEPTH)) - begin;
    }
};

// The tile of this block, and its part of the sum. gridDim.x is tiles times batch. Tiles go down eight rows of tiles
// before they go right: blocks that run together share most of what they read.
template <class T>
struct Work : Part<T> {
    int batch, row, column;                              // `row` and `column` of the tile's first sum

    __device__ __forceinline__ Work(int rows, int columns) {
        int down = (rows - 1) / T::ROWS + 1, right = (columns - 1) / T::COLUMNS + 1, tiles = down * right;
        int block = again(blockIdx.x);
        batch = block / tiles;
        int tile = block - batch * tiles, band = tile / (8 * right);
        int height = min(8, down - 8 * band), within = tile - band * 8 * right;
        row = (8 * band + within % height) * T::ROWS;
        column = within / height * T::COLUMNS;
    }
};

// The same where the result is symmetric and gridDim.x is the number of tiles on and above its diagonal, row by row.
template <class T>
struct HalfWork : Part<T> {
    static_assert(T::ROWS == T::COLUMNS, "half of the tiles needs square ones");
    int row, column;

    __device__ __forceinline__ explicit HalfWork(int extent) {
        int tiles = (extent - 1) / T::ROWS + 1, down = 0, at = again(blockIdx.x);
        while (at >= tiles - down) at -= tiles - down++;                   // row `down` has tiles - down of them
        row = down * T::ROWS;
        column = (down + at) * T::COLUMNS;
    }
};

// One operand of which numbers along the sum are neighbours: value (e, k) at from[e * stride + k], `e` a row of A or a
// column of B; stride is the whole length of the sum. A pair of lanes takes 8 of k, so a warp reads 32 bytes of each of
// 16 rows.
template <class T, int EXTENT>
struct AlongSum {
    static constexpr int EIGHTS = T::DEPTH / 8, PASS = 16 * T::WARPS / EIGHTS, COUNT = EXTENT / PASS;
    const float* at;
    int stride, left;                                    // left: of the extent, from this thread's first on
    float4 held[COUNT];

    static __device__ __forceinline__ int first_of_four() {
        return threadIdx.x % 2 * 4 + threadIdx.x / WARP % EIGHTS * 8;
    }
    static __device__ __forceinline__ int row() {
        return threadIdx.x % WARP / 2 + 16 * (threadIdx.x / WARP / EIGHTS);
    }

    __device__ __forceinline__ AlongSum(const float* from, int stride, int first, int extent, int begin)
        : stride(stride) {
        left = extent - first - row();
        at = from + static_cast<i64>(first + row()) * stride + begin + first_of_four();
    }

    __device__ __forceinline__ void fetch(int depth) {
        int in = first_of_four();
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            float4 v = make_float4(0, 0, 0, 0);
            const float* p = at + i * static_cast<i64>(PASS) * stride;
            if (i * PASS < left) {
                if (in_quads(at, stride)) {
                    if (in < depth) v = *reinterpret_cast<const float4*>(p);
                } else {
                    if (in < depth) v.x = p[0];
                    if (in + 1 < depth) v.y = p[1];
                    if (in + 2 < depth) v.z = p[2];
                    if (in + 3 < depth) v.w = p[3];
                }
            }
            held[i] = v;
        }
        at += T::DEPTH;
    }

    __device__ __forceinline__ void store(float* to) const {
        to += first_of_four() * (EXTENT + 4) + row();
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            to[i * PASS] = held[i].x;
            to[i * PASS + EXTENT + 4] = held[i].y;
            to[i * PASS + 2 * (EXTENT + 4)] = held[i].z;
            to[i * PASS + 3 * (EXTENT + 4)] = held[i].w;
        }
    }
};

// The other case: value (e, k) at from[k * stride + e], as it lies in shared memory; stride is the whole extent.
template <class T, int EXTENT>
struct AcrossSum {
    static constexpr int QUADS = EXTENT / 4, PASS = T::THREADS / QUADS, COUNT = T::DEPTH / PASS;
    const float* at;
    int stride, left;
    float4 held[COUNT];

    static __device__ __forceinline__ int row() { return threadIdx.x / QUADS; }
    static __device__ __forceinline__ int first_of_four() { return threadIdx.x % QUADS * 4; }

    __device__ __forceinline__ AcrossSum(const float* from, int stride, int first, int extent, int begin)
        : stride(stride) {
        int e = first_of_four();
        left = extent - first - e;
        at = from + static_cast<i64>(begin + row()) * stride + first + e;
    }

    __device__ __forceinline__ void fetch(int depth) {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            float4 v = make_float4(0, 0, 0, 0);
            if (row() + i * PASS < depth) {
                if (in_quads(at, stride)) {
                    if (left > 0) v = *reinterpret_cast<const float4*>(at);
                } else {
                    if (left > 0) v.x = at[0];
                    if (left > 1) v.y = at[1];
                    if (left > 2) v.z = at[2];
                    if (left > 3) v.w = at[3];
                }
            }
            held[i] = v;
            at += static_cast<i64>(PASS) * stride;
        }
    }

    __device__ __forceinline__ void store(float* to) const {
        to += row() * (EXTENT + 4) + first_of_four();
#pragma unroll
        for (int i = 0; i < COUNT; i++) *reinterpret_cast<float4*>(to + i * PASS * (EXTENT + 4)) = held[i];
    }
};

// Two operands that are loaded each for itself.
template <class First, class Second>
struct Operands {
    First first;
    Second second;

    __device__ __forceinline__ void fetch(int depth) {
        first.fetch(depth);
        second.fetch(depth);
    }
    __device__ __forceinline__ void store(float* a, float* b) const {
        first.store(a);
        second.store(b);
    }
};
