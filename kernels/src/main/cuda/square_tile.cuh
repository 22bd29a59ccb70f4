// Products of matrices in tiles of 64 x 64 by 256 threads, 4 x 4 numbers a thread, in single precision.
//
// An operand is a `Panel`-like functor: `at(row, k)` gives its number in a row (or column) of the result, at place k of
// the sum, normalised on the way if need be; ALONG says that neighbours in memory have neighbouring k. So rows of unit
// length or columns of unit deviation exist in shared memory only, a panel of 64 x 16 numbers at a time.
//
// Panels lie [k][row], 68 floats a k: a thread reads its 4 rows and 4 columns with one 16-byte load each, and the 8 k x
// 4 rows that a warp writes go to 32 banks. There are two pairs of panels: while one is multiplied, the next is on its
// way from memory, in registers, and one barrier a panel is enough.
#pragma once

#include "common.cuh"

constexpr int TILE = 64, DEPTH = 16, PITCH = TILE + 4, PANEL = DEPTH * PITCH;
constexpr int TILE_THREADS = 256;
constexpr int TILE_ROOM = 4 * PANEL;                     // floats of shared memory: as many as 64 rows of 68

// The 4 rows and the 4 columns of a thread begin here.
__device__ __forceinline__ int tile_row() { return threadIdx.x / 16 * 4; }
__device__ __forceinline__ int tile_column() { return threadIdx.x % 16 * 4; }

template <class X>
__device__ __forceinline__ int panel_row(int i) {
    return X::ALONG ? threadIdx.x / 8 + 32 * (i % 2) : threadIdx.x % TILE;
}

template <class X>
__device__ __forceinline__ int panel_k(int i) {
    return X::ALONG ? threadIdx.x % 8 + 8 * (i / 2) : threadIdx.x / TILE + 4 * i;
}

template <class X>
__device__ __forceinline__ void fetch(const X& x, int row, int rows, int k, int depth, float (&v)[4]) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int r = row + panel_row<X>(i), at = k + panel_k<X>(i);
        v[i] = r < rows && at < depth ? x.at(r, at) : 0.0f;
    }
}

template <class X>
__device__ __forceinline__ void store(const float (&v)[4], float* panel) {
#pragma unroll
    for (int i = 0; i < 4; i++) panel[panel_k<X>(i) * PITCH + panel_row<X>(i)] = v[i];
}

// acc += a b' over k in from ... to - 1, for rows row ... of a and rows column ... of b; zeros beyond `rows` and
// `columns`. All threads of the block; `room` may be used again after a barrier.
template <class A, class B>
__device__ __forceinline__ void multiply_tile(const A& a, int row, int rows, const B& b, int column, int columns,
    int from, int to, float (&acc)[4][4], float* room) {
    float va[4], vb[4];
    fetch(a, row, rows, from, to, va);
    fetch(b, column, columns, from, to, vb);
    __syncthreads();                                     // whoever used the room before is done
    float* panel = room;
    for (int k = from; k < to; k += DEPTH) {
        store<A>(va, panel);
        store<B>(vb, panel + PANEL);
        __syncthreads();
        if (k + DEPTH < to) {
            fetch(a, row, rows, k + DEPTH, to, va);
            fetch(b, column, columns, k + DEPTH, to, vb);
        }
#pragma unroll
        for (int d = 0; d < DEPTH; d++) {
            float4 x = *reinterpret_cast<const float4*>(panel + d * PITCH + tile_row());
            float4 y = *reinterpret_cast<const float4*>(panel + PANEL + d * PITCH + tile_column());
            float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) acc[i][j] = fmaf(xs[i], ys[j], acc[i][j]);
            }
        }
        panel = panel == room ? room + 2 * PANEL : room;
    }
}

// The piece of the sum, of `pieces`, that block axis `which` takes: whole panels.
__device__ __forceinline__ void piece_of(int which, int pieces, int depth, int& from, int& to) {
    int panels = (depth + DEPTH - 1) / DEPTH, each = (panels + pieces - 1) / pieces;
    from = min(depth, which * each * DEPTH);
    to = min(depth, from + each * DEPTH);
}

// Calls f(row, column, number) for all numbers of a tile inside the matrix, 64 neighbours of a row at a time: they go
// through shared memory, because what a thread has of a row is 16 bytes, and a warp that wrote these would touch a
// quarter of each sector. The tile is columns `part` ... part + 3 of acc. All threads of the block; begins with a
// barrier.
template <int N, class F>
__device__ __forceinline__ void each_of_tile(const float (&acc)[4][N], int part, int row, int rows, int column,
    int columns, float* room, const F& f) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; i++) {
        *reinterpret_cast<float4*>(room + (tile_row() + i) * PITCH + tile_column()) =
            make_float4(acc[i][part], acc[i][part + 1], acc[i][part + 2], acc[i][part + 3]);
    }
    __syncthreads();
    int c = column + threadIdx.x % TILE;
    if (c >= columns) return;
    for (int i = threadIdx.x / TILE; i < TILE && row + i < rows; i += TILE_THREADS / TILE) {
        f(row + i, c, room[i * PITCH + threadIdx.x % TILE]);
    }
}

// The tile of block x, piece of block y: (pieces, rows, columns).
template <class A, class B>
__device__ __forceinline__ void product(const A& a, int rows, const B& b, int columns, int depth, int pieces,
    float* out, float* room) {
    int tiles = (columns + TILE - 1) / TILE, row = blockIdx.x / tiles * TILE, column = blockIdx.x % tiles * TILE;
    int from, to;
    piece_of(blockIdx.y, pieces, depth, from, to);
    float acc[4][4] = {};
    multiply_tile(a, row, rows, b, column, columns, from, to, acc, room);
    float* mine = out + static_cast<i64>(blockIdx.y) * rows * columns;
    each_of_tile(acc, 0, row, rows, column, columns, room,
        [=](int i, int j, float x) { mine[static_cast<i64>(i) * columns + j] = x; });
}

// Operands.

// x as it is, k along the rows of memory.
struct Along {
    static constexpr bool ALONG = true;
    const float* x;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const { return x[row * pitch + k]; }
};

// x as it is, k down the columns of memory.
struct Across {
    static constexpr bool ALONG = false;
    const float* x;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const { return x[k * pitch + row]; }
};

// Rows of unit length: r = 1/|x| of each.
struct UnitAlong {
    static constexpr bool ALONG = true;
    const float *x, *r;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const { return x[row * pitch + k] * r[row]; }
};

struct UnitAcross {
    static constexpr bool ALONG = false;
    const float *x, *r;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const { return x[k * pitch + row] * r[k]; }
};

// Columns of mean 0 and deviation 1.
struct StandardAlong {
    static constexpr bool ALONG = true;
    const float *x, *mean, *rstd;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const { return (x[row * pitch + k] - mean[k]) * rstd[k]; }
};

struct StandardAcross {
    static constexpr bool ALONG = false;
    const float *x, *mean, *rstd;
    i64 pitch;

    __device__ __forceinline__ float at(int row, int k) const {
        return (x[k * pitch + row] - mean[row]) * rstd[row];
    }
};
