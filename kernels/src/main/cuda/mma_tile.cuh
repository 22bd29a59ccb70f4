// tile.cuh on tensor cores: a block computes one tile of
//
//     C[row, column] = sum over k of A[row, k] B[k, column],        factors rounded to P (mma.cuh), sums in float,
//
// in steps of 32 values of k. Steps are copied to shared memory past the registers, in a ring of STAGES buffers: while
// one is multiplied, STAGES - 1 are on their way, and a step costs one barrier. A loader has one function,
// load(a, b, depth), which asks for the next step of both operands, with zeros where k is `depth` or more on from its
// beginning; and it says how they lie there, as ByRow or ByDepth (mma.cuh, which says why no banks collide).
//
// Shared memory: for each value of k, a warp with 32 x 64 sums reads 32 + 64 floats for 2048 products, 6 bytes for 32.
#pragma once

#include "mma.cuh"
#include "tile.cuh"

template <class P, int ROW_WARPS, int COLUMN_WARPS, int ROW_STRIPES, int COLUMN_STRIPES, int RING, int BLOCKS>
struct MmaTile {
    static constexpr int WARPS = ROW_WARPS * COLUMN_WARPS, THREADS = WARP * WARPS, DEPTH = 32, STAGES = RING;
    static constexpr int ROWS = ROW_WARPS * ROW_STRIPES * 32, COLUMNS = COLUMN_WARPS * COLUMN_STRIPES * 32;
    static constexpr int A = DEPTH * ROWS, BUFFER = A + DEPTH * COLUMNS;                 // floats
    static constexpr int SHARED = STAGES * BUFFER * 4;                                   // bytes
    static constexpr int TOGETHER = BLOCKS;               // blocks that are to share a multiprocessor, if it has room

    // [2 S + i][4 T + j] is of slots 2 i and 2 i + 1 of stripe S of rows and slot j of stripe T of columns: mma.cuh.
    float sum[2 * ROW_STRIPES][4 * COLUMN_STRIPES][4];

    // Of this warp's first stripe in the tile.
    static __device__ __forceinline__ int row() { return threadIdx.x / WARP / COLUMN_WARPS * (32 * ROW_STRIPES); }
    static __device__ __forceinline__ int column() { return threadIdx.x / WARP % COLUMN_WARPS * (32 * COLUMN_STRIPES); }

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < 2 * ROW_STRIPES; i++) {
#pragma unroll
            for (int j = 0; j < 4 * COLUMN_STRIPES; j++) sum[i][j][0] = sum[i][j][1] = sum[i][j][2] = sum[i][j][3] = 0;
        }
    }

    // Of one step. All lanes of a warp call this.
    template <class LayoutA, class LayoutB>
    __device__ __forceinline__ void add_products(const float* a, const float* b) {
#pragma unroll P::DEPTH == 8 ? DEPTH / 8 : 1              // more at a time would need more than 128 registers
        for (int k = 0; k < DEPTH; k += P::DEPTH) {
            Stripe x, y[COLUMN_STRIPES];
            int lane_a = LayoutA::lane(), lane_b = LayoutB::lane();
#pragma unroll
            for (int t = 0; t < COLUMN_STRIPES; t++) P::template read<LayoutB>(b, lane_b, column() + 32 * t, k, y[t]);
#pragma unroll
            for (int s = 0; s < ROW_STRIPES; s++) {
                P::template read<LayoutA>(a, lane_a, row() + 32 * s, k, x);
#pragma unroll
                for (int i = 0; i < 2; i++) {
#pragma unroll
                    for (int j = 0; j < 4 * COLUMN_STRIPES; j++) P::multiply(sum[2 * s + i][j], x, i, y[j / 4], j % 4);
                }
            }
        }
    }

    // Sums over `depth` values of k, which may be none. All threads of the block call this. The shared memory may be used
    // for something else after the next barrier.
    template <class Loader>
    __device__ __forceinline__ void multiply(Loader& loader, int depth, void* shared) {
        float* buffers = static_cast<float*>(shared);
        clear();
        for (int s = 0; s < STAGES - 1; s++) ask(loader, depth - s * DEPTH, buffers + s * BUFFER);
        for (int full = 0; depth > 0; depth -= DEPTH) {
            wait_copies<STAGES - 2>();
            __syncthreads();                             // the step has come, and everybody has read the one before
            ask(loader, depth - (STAGES - 1) * DEPTH, buffers + (full == 0 ? (STAGES - 1) * BUFFER : full - BUFFER));
            const float* step = buffers + full;
            add_products<typename Loader::A, typename Loader::B>(step, step + A);
            full = again(full == (STAGES - 1) * BUFFER ? 0 : full + BUFFER);
        }
    }

    // One group of copies, empty behind the end, so that groups can be counted.
    template <class Loader>
    static __device__ __forceinline__ void ask(Loader& loader, int depth, float* buffer) {
        if (depth > 0) loader.load(buffer, buffer + A, depth);
        commit_copies();
    }

    // Of this lane's first sum in the tile. The others, of(s, i, t, j), are 32 s + i rows down and 16 t + j columns on.
    static __device__ __forceinline__ int lane_row() { return row() + 4 * quad(threadIdx.x % WARP / 4); }
    static __device__ __forceinline__ int lane_column() { return column() + threadIdx.x % 4 * 4; }

    // The sum of row i of this lane's four in stripe s, and of column j of its quad t, two a stripe.
    __device__ __forceinline__ float of(int s, int i, int t, int j) const {
        return sum[2 * s + i / 2][t / 2 * 4 + j][i % 2 * 2 + t % 2];
    }
    __device__ __forceinline__ float& at(int s, int i, int t, int j) {
        return sum[2 * s + i / 2][t / 2 * 4 + j][i % 2 * 2 + t % 2];
    }

    // Replaces the sums inside of the result by f(row, column, sum).
    template <class F>
    __device__ __forceinline__ void replace(int first_row, int rows, int first_column, int columns, const F& f) {
        first_row += lane_row();
        first_column += lane_column();
#pragma unroll
        for (int t = 0; t < 2 * COLUMN_STRIPES; t++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                int column = first_column + 16 * t + j;
                if (column >= columns) continue;
#pragma unroll
                for (int s = 0; s < ROW_STRIPES; s++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        int row = first_row + 32 * s + i;
                        float& sum = at(s, i, t, j);
                        if (row < rows) sum = f(row, column, sum);
                    }
                }
            }
        }
    }

    // As Tile::write.
    template <class Place>
    __device__ __forceinline__ void write(float* to, i64 stride, int first_row, int rows, int first_column, int columns,
        bool quads, const Place& place) const {
        first_row += lane_row();
        first_column += lane_column();
        to += first_row * stride;
#pragma unroll
        for (int t = 0; t < 2 * COLUMN_STRIPES; t++) {                     // quads of columns
            int column = first_column + 16 * t;
            if (column >= columns) continue;
            if (quads) {
                float* at = to + place(column);
#pragma unroll
                for (int s = 0; s < ROW_STRIPES; s++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        if (first_row + 32 * s + i < rows) {
                            *reinterpret_cast<float4*>(at + (32 * s + i) * stride) = make_float4(of(s, i, t, 0),
                                of(s, i, t, 1), of(s, i, t, 2), of(s, i, t, 3));
                        }
                    }
                }
                continue;
            }
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (column + j >= columns) continue;
                float* at = to + place(column + j);
#pragma unroll
                for (int s = 0; s < ROW_STRIPES; s++) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        if (first_row + 32 * s + i < rows) at[(32 * s + i) * stride] = of(s, i, t, j);
                    }
                }
            }
        }
    }
};

// invar.cuda.Tiling knows these sizes, which are those of tile.cuh, and their threads and shared memory. Two large ones
// share a multiprocessor of a device with 200 KiB of shared memory if they need no more than 128 registers a thread;
// where a loader needs more, a large one is alone, as it is on devices with less.
template <class P>
using LargeMma = MmaTile<P, 4, 2, 1, 2, 3, 2>;           // 128 x 128, 256 threads with 64 sums each, 96 KiB
template <class P>
using AloneMma = MmaTile<P, 4, 2, 1, 2, 3, 1>;
template <class P>
using MediumMma = MmaTile<P, 2, 2, 1, 1, 3, 4>;          //  64 x  64, 128 threads with 32, 48 KiB
template <class P>
using SmallMma = MmaTile<P, 1, 2, 1, 1, 4, 4>;           //  32 x  64,  64 threads with 32, 48 KiB

#define MMA_BOUNDS(T) __launch_bounds__(T::THREADS, T::TOGETHER)

// What a loader knows of one operand: what is the same in all threads. The rest is computed again for each step,
// because registers are scarce.
struct OperandCopied {
    const float* at;                                     // the first number of the step
    int stride, left;                                    // left: of the extent
    bool quads;                                          // whether rows of memory are copied 16 bytes at a time

    __device__ __forceinline__ OperandCopied(const float* first, int stride, int left)
        : at(first), stride(stride), left(left), quads(in_quads(first, stride)) {}
};

// As AlongSum: value (e, k) at from[e * stride + k]. Where rows are in quads, eight lanes copy the 128 bytes of a row,
// and other rows go number by number, a warp a row.
template <class T, int EXTENT>
struct AlongSumCopied : OperandCopied {
    using Layout = ByRow;

    __device__ __forceinline__ AlongSumCopied(const float* from, int stride, int first, int extent, int begin)
        : OperandCopied(from + static_cast<i64>(first) * stride + begin, stride, extent - first) {}

    __device__ __forceinline__ void load(float* to, int depth) {
        int thread = again(threadIdx.x);
        i64 line = again(stride);
        if (quads) {
            constexpr int PASS = T::THREADS / 8;
            int row = thread / 8, k = thread % 8 * 4, some = k < depth ? left - row : 0;
            const float* from = at + row * line + k;
#pragma unroll
            for (int i = 0; i < EXTENT / PASS; i++) {
                copy_quad(to + ByRow::place(row + i * PASS, k), from, i * PASS < some);
                from += PASS * line;
            }
        } else {
            constexpr int PASS = T::WARPS;
            int row = thread / WARP, k = thread % WARP, some = k < depth ? left - row : 0;
            const float* from = at + row * line + k;
#pragma unroll
            for (int i = 0; i < EXTENT / PASS; i++) {
                copy_one(to + ByRow::place(row + i * PASS, k), from, i * PASS < some);
                from += PASS * line;
            }
        }
        at += T::DEPTH;
    }
};

// As AcrossSum: value (e, k) at from[k * stride + e]. A row of k is copied by as many lanes as it has quads, or number
// by number by a warp.
template <class T, int EXTENT>
struct AcrossSumCopied : OperandCopied {
    using Layout = ByDepth<EXTENT>;

    __device__ __forceinline__ AcrossSumCopied(const float* from, int stride, int first, int extent, int begin)
        : OperandCopied(from + static_cast<i64>(begin) * stride + first, stride, extent - first) {}

    __device__ __forceinline__ void load(float* to, int depth) {
        int thread = again(threadIdx.x);
        i64 line = again(stride);
        if (quads) {
            constexpr int QUADS = EXTENT / 4, PASS = T::THREADS / QUADS;
            int k = thread / QUADS, e = thread % QUADS * 4, some = e < left ? depth - k : 0;
            const float* from = at + k * line + e;
#pragma unroll
            for (int i = 0; i < T::DEPTH / PASS; i++) {
                copy_quad(to + Layout::place(e, k + i * PASS), from, i * PASS < some);
                from += PASS * line;
            }
        } else {
            constexpr int PASS = T::WARPS;
            int k = thread / WARP, e = thread % WARP;
            const float* from = at + k * line + e;
#pragma unroll
            for (int i = 0; i < T::DEPTH / PASS; i++) {
#pragma unroll
                for (int j = 0; j < EXTENT; j += WARP) {
                    copy_one(to + Layout::place(e + j, k + i * PASS), from + j,
                        k + i * PASS < depth && e + j < left);
                }
                from += PASS * line;
            }
        }
        at += static_cast<i64>(T::DEPTH) * stride;
    }
};

// Two operands that are copied each for itself.
template <class First, class Second>
struct OperandsCopied {
    using A = typename First::Layout;
    using B = typename Second::Layout;
    First first;
    Second second;

    __device__ __forceinline__ void load(float* a, float* b, int depth) {
        first.load(a, depth);
        second.load(b, depth);
    }
};
