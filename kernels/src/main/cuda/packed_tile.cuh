// mma_tile.cuh for packed operands: a block computes one tile of the products of rows,
//
//     s[i, j] = sum over k of a[i, k] b[j, k],
//
// in steps of one panel, 64 features, in a ring of STAGES buffers as there. A warp has 32 rows and 32 or 64 columns.
//
// Shared memory: for 16 features, a warp with 32 x 64 sums reads 2 + 4 times 512 bytes, 24 clocks, for 16 clocks of
// tensor cores (packed.cuh); the copies of 256 rows for 8 warps are 2 readings more, 8 clocks.
#pragma once

#include "packed.cuh"

template <int ROW_WARPS, int COLUMN_WARPS, int WIDTH, int RING, int BLOCKS>
struct PackedTile {
    static constexpr int WARPS = ROW_WARPS * COLUMN_WARPS, THREADS = WARP * WARPS, STAGES = RING;
    static constexpr int ROWS = ROW_WARPS * 32, COLUMNS = COLUMN_WARPS * WIDTH;
    static constexpr int WARP_COLUMNS = WIDTH;
    static constexpr int A = ROWS * QUADS, BUFFER = A + COLUMNS * QUADS;     // quads
    static constexpr int TOGETHER = BLOCKS;               // blocks that are to share a multiprocessor, if it has room
    using RowsA = PackedRows<ROWS, THREADS>;
    using RowsB = PackedRows<COLUMNS, THREADS>;

    // [i][j][2 h + c] is row lane_row() + 16 i + 8 h, column lane_column() + 8 j + c.
    float sum[2][WARP_COLUMNS / 8][4];

    // Of this warp, and of this lane, in the tile.
    static __device__ __forceinline__ int row() { return threadIdx.x / WARP / COLUMN_WARPS * 32; }
    static __device__ __forceinline__ int column() { return threadIdx.x / WARP % COLUMN_WARPS * WARP_COLUMNS; }
    static __device__ __forceinline__ int lane_row() { return row() + threadIdx.x % WARP / 4; }
    static __device__ __forceinline__ int lane_column() { return column() + threadIdx.x % 4 * 2; }

    __device__ __forceinline__ void clear() {
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int j = 0; j < WARP_COLUMNS / 8; j++) sum[i][j][0] = sum[i][j][1] = sum[i][j][2] = sum[i][j][3] = 0;
        }
    }

    // Of one panel. All lanes of a warp call this.
    __device__ __forceinline__ void add_products(const uint4* a, const uint4* b) {
        int lane_a = packed_lane<Reading::AS_A>(), lane_b = packed_lane<Reading::AS_B>();
        int first = row(), other = column();
#pragma unroll
        for (int k = 0; k < PANEL; k += 16) {
            unsigned x[2][4], y[4];
            read_packed<Reading::AS_A>(a, lane_a, first, k, x[0]);
            read_packed<Reading::AS_A>(a, lane_a, first + 16, k, x[1]);
#pragma unroll
            for (int j = 0; j < WARP_COLUMNS / 16; j++) {
                read_packed<Reading::AS_B>(b, lane_b, other + 16 * j, k, y);
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    multiply_packed<0>(sum[i][2 * j], x[i], y);
                    multiply_packed<1>(sum[i][2 * j + 1], x[i], y);
                }
            }
        }
    }

    // Sums over `panels` panels. All threads of the block call this. The shared memory may be used for something else
    // after the next barrier.
    __device__ __forceinline__ void multiply(const RowsA& a, const RowsB& b, int panels, uint4* buffers) {
        clear();
        for (int s = 0; s < STAGES - 1; s++) ask(a, b, s, panels, buffers + s * BUFFER);
        for (int panel = 0, full = 0; panel < panels; panel++) {
            wait_copies<STAGES - 2>();
            __syncthreads();                             // the panel has come, and everybody has read the one before
            ask(a, b, panel + STAGES - 1, panels, buffers + (full == 0 ? (STAGES - 1) * BUFFER : full - BUFFER));
            add_products(buffers + full, buffers + full + A);
            full = again(full == (STAGES - 1) * BUFFER ? 0 : full + BUFFER);
        }
    }

    // One group of copies, empty behind the end, so that groups can be counted.
    static __device__ __forceinline__ void ask(const RowsA& a, const RowsB& b, int panel, int panels, uint4* buffer) {
        if (panel < panels) {
            a.load(buffer, panel);
            b.load(buffer + A, panel);
        }
        commit_copies();
    }
};

// invar.cuda.Tiling knows these sizes: a step of 64 packed numbers takes the room of 32 floats in mma_tile.cuh.
using LargePacked = PackedTile<4, 2, 64, 3, 2>;          // 128 x 128, 256 threads with 64 sums each, 96 KiB
using MediumPacked = PackedTile<2, 2, 32, 3, 4>;         //  64 x  64, 128 threads with 32, 48 KiB
