// weighted_mma.cuh for packed operands: sums of rows of b, weighted by numbers that are made from products of rows,
//
//     s[i, j] = sum over k of a[i, k] b[j, k],      sums[i, f] = sum over j of w(s[i, j]) b[j, f].
//
// A block has 128 rows i. Up to 256 features it has all of them, and s is made once: the rows a of a warp are in its
// registers, as fragments, and tiles of 64 columns j come in a ring of STAGES buffers, each for both products. A warp
// has 32 rows, or 16 of more than 128 features: either way 64 registers for a and 128 for the sums, which leaves room
// for 16 columns of s at a time (CHUNK), and a is not read again for any of them.
//
// With more features (WIDE) there are several blocks to the same rows, each with a span of 128 features, and each makes
// s anew, 32 rows and 64 columns a warp, by a PackedTile.
//
// Shared memory, clocks for 16 columns of a warp, of readings and of copies, and clocks of tensor cores (packed.cuh):
//
//     features          to 64       to 128      to 256
//     readings of b     4 + 4       8 + 8       16 + 16        of 512 bytes, for s and for the sums
//     clocks           32 + 4      64 + 8      128 + 8         copies: 16 rows of b for all warps of the block
//     tensor cores     32          64           64             2 * 2 * rows * 16 * features / 4096
//
// so they keep up with at most 89, 89 and 47 % of what tensor cores do. WIDE, a tile: for every 16 features 24 clocks
// for s and 12 for its copies, and 128 and 32 for the sums: for 512 features 1312 clocks a span, of which tensor cores
// need 256 for what is not made anew, 20 %.
#pragma once

#include "packed_tile.cuh"

template <int FEATURES, bool WIDE>
struct PackedWeighted {
    static constexpr int HIGH = FEATURES > 128 ? 1 : 2;                    // times 16 rows a warp
    static constexpr int ROWS = 128, COLUMNS = 64, CHUNK = 16, STAGES = 3;
    static constexpr int WARPS = ROWS / (16 * HIGH), THREADS = WARP * WARPS, TOGETHER = FEATURES > 128 ? 1 : 2;
    static constexpr int PANELS = FEATURES / PANEL, BUFFER = COLUMNS * QUADS * PANELS;       // quads of a tile of b
    using Tile = PackedTile<4, 1, COLUMNS, STAGES, TOGETHER>;              // of s, if WIDE
    using Others = PackedRows<COLUMNS, THREADS>;

    // [i][j][2 h + c] is row lane_row() + 16 i + 8 h, feature 8 j + 2 t + c.
    float sum[HIGH][FEATURES / 8][4];

    // The first row of a lane.
    static __device__ __forceinline__ int lane_row() {
        return threadIdx.x / WARP * (16 * HIGH) + threadIdx.x % WARP / 4;
    }

    // sums += w b for 16 columns, which are rows `first` ... of the tile of b.
    __device__ __forceinline__ void add_weighted(const float (&w)[HIGH][2][4], const uint4* b, int first) {
        int lane = packed_lane<Reading::ACROSS>();
        unsigned x[HIGH][4], y[4];
#pragma unroll
        for (int i = 0; i < HIGH; i++) pack_sums(w[i][0], w[i][1], x[i]);
#pragma unroll
        for (int f = 0; f < FEATURES; f += 16) {
            read_packed<Reading::ACROSS>(b + f / PANEL * (COLUMNS * QUADS), lane, first, f % PANEL, y);
#pragma unroll
            for (int i = 0; i < HIGH; i++) {
                multiply_packed<0>(sum[i][f / 8], x[i], y);
                multiply_packed<1>(sum[i][f / 8 + 1], x[i], y);
            }
        }
    }

    // Asks for a tile of b, from a panel on.
    static __device__ __forceinline__ void ask(const uint4* b, int columns, int width, int tile, int panel, uint4* to) {
        Others rows(b, width, tile * COLUMNS, columns);
#pragma unroll
        for (int p = 0; p < PANELS; p++) rows.load(to + p * (COLUMNS * QUADS), panel + p);
    }

    // For rows `row` ... of a (rows, width), tiles first ... end - 1 of b (columns, width), and features `from` ...:
    // calls weigh(s, column), which replaces s by weights, 16 columns at a time. Rows of b behind the last are zeros,
    // and their weights may be any finite numbers. All threads of the block call this.
    template <class Weigh>
    __device__ __forceinline__ void add_tiles(const uint4* a, int row, int rows, const uint4* b, int columns, int width,
        int from, int first, int end, uint4* room, const Weigh& weigh) {
#pragma unroll
        for (int i = 0; i < HIGH; i++) {
#pragma unroll
            for (int j = 0; j < FEATURES / 8; j++) sum[i][j][0] = sum[i][j][1] = sum[i][j][2] = sum[i][j][3] = 0;
        }
        if constexpr (WIDE) {
            uint4* kept = room + Tile::STAGES * Tile::BUFFER;
            typename Tile::RowsA own(a, width, row, rows);
            for (int tile = first; tile < end; tile++) {
                Tile s;
                __syncthreads();                                           // everybody has read the tile before
                ask(b, columns, width, tile, from / PANEL, kept);          // in one group with the first panel of s
                s.multiply(own, Others(b, width, tile * COLUMNS, columns), width / PANEL, room);
#pragma unroll
                for (int c = 0; c < COLUMNS; c += CHUNK) {
                    float w[HIGH][2][4];
#pragma unroll
                    for (int i = 0; i < 8 * HIGH; i++) {
                        w[i / 8][i / 4 % 2][i % 4] = s.sum[i / 8][c / 8 + i / 4 % 2][i % 4];
                    }
                    weigh(w, tile * COLUMNS + c);
                    add_weighted(w, kept, c);
                }
            }
        } else {
            unsigned own[FEATURES / 16][HIGH][4];
            fragments(a, row + lane_row(), rows, own);
            for (int s = 0; s < STAGES - 1; s++) {
                if (first + s < end) ask(b, columns, width, first + s, 0, room + s * BUFFER);
                commit_copies();
            }
            for (int tile = first, full = 0; tile < end; tile++) {
                wait_copies<STAGES - 2>();
                __syncthreads();                         // the tile has come, and everybody has read the one before
                int next = full == 0 ? (STAGES - 1) * BUFFER : full - BUFFER;
                if (tile + STAGES - 1 < end) ask(b, columns, width, tile + STAGES - 1, 0, room + next);
                commit_copies();
#pragma unroll 1
                for (int c = 0; c < COLUMNS; c += CHUNK) {
                    float s[HIGH][2][4] = {};
                    int lane = packed_lane<Reading::AS_B>();
#pragma unroll
                    for (int k = 0; k < FEATURES; k += 16) {
                        unsigned y[4];
                        read_packed<Reading::AS_B>(room + full + k / PANEL * (COLUMNS * QUADS), lane, c, k % PANEL, y);
#pragma unroll
                        for (int i = 0; i < HIGH; i++) {
                            multiply_packed<0>(s[i][0], own[k / 16][i], y);
                            multiply_packed<1>(s[i][1], own[k / 16][i], y);
                        }
                    }
                    weigh(s, tile * COLUMNS + c);
                    add_weighted(s, room + full, c);
                }
                full = full == (STAGES - 1) * BUFFER ? 0 : full + BUFFER;
            }
        }
    }

    // A lane's numbers of a warp's rows, `row` being its first: what read_packed would give, from memory, once.
    static __device__ __forceinline__ void fragments(const uint4* a, int row, int rows,
        unsigned (&of)[FEATURES / 16][HIGH][4]) {
        const unsigned* pairs = reinterpret_cast<const unsigned*>(a) + threadIdx.x % 4;
#pragma unroll
        for (int i = 0; i < HIGH; i++) {
#pragma unroll
            for (int h = 0; h < 2; h++) {
                int at = row + 16 * i + 8 * h;
                const unsigned* line = pairs + static_cast<i64>(at) * (FEATURES / 2);
#pragma unroll
                for (int k = 0; k < FEATURES / 16; k++) {
                    of[k][i][h] = at < rows ? line[8 * k] : 0;
                    of[k][i][2 + h] = at < rows ? line[8 * k + 4] : 0;
                }
            }
        }
    }

    // Writes the sums inside of (rows, d), in pairs where rows of memory begin at them.
    __device__ __forceinline__ void write(float* to, int row, int rows, int from, int d) const {
        row += lane_row();
        from += threadIdx.x % 4 * 2;
#pragma unroll
        for (int i = 0; i < HIGH; i++) {
#pragma unroll
            for (int h = 0; h < 2; h++) {
                int at = row + 16 * i + 8 * h;
                if (at >= rows) continue;
                float* line = to + static_cast<i64>(at) * d + from;
#pragma unroll
                for (int j = 0; j < FEATURES / 8; j++) {
                    float first = sum[i][j][2 * h], second = sum[i][j][2 * h + 1];
                    if (d % 2 == 0 && from + 8 * j < d) {
                        *reinterpret_cast<float2*>(line + 8 * j) = make_float2(first, second);
                    } else {
                        if (from + 8 * j < d) line[8 * j] = first;
                        if (from + 8 * j + 1 < d) line[8 * j + 1] = second;
                    }
                }
            }
        }
    }
};
