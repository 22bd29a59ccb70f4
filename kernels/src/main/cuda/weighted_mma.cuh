// weighted_tile.cuh on tensor cores: sums of rows of b, weighted by numbers that are made from products of rows,
//
//     s[i, j] = sum over k of a[i, k] b[j, k],      sums[i, f] = sum over j of w(s[i, j]) b[j, f],
//
// factors rounded to P, weights too, sums in float. A block has 128 rows i and 128 features f, a warp 32 rows, and goes
// through tiles of 32 columns j. What a lane holds of a tile of s is what it has to bring as an operand of the second
// product, if that takes the columns j in another order: piece p of 8 has columns 16 r + 4 t + p where mma.cuh says 4 r
// + t. So weights never leave their registers, a row of s belongs to 4 lanes of a warp, and warps wait for each other
// only once a tile, for the copies.
//
// Up to 128 features the rows a are kept in shared memory, and a tile of b serves both products: 16 KiB come from the L2
// cache for 4 * 128 * 32 * 128 operations. While one is used, the next is on its way. With more features (WIDE) there
// are several blocks to the same rows, each of which makes s anew, both operands in steps of 32 features.
#pragma once

#include "mma_tile.cuh"

// b by rows j as the second product takes them; k counts columns of s in the order of a lane's results. In panels of 32
// rows and 32 features as ByRow lays them out: the eight lanes of one 16-byte reading meet four rows that are 4 apart,
// and two quads that are 4 apart.
struct ByResult {
    static __device__ __forceinline__ int lane() {
        int l = again(threadIdx.x) % WARP, t = l % 4;
        return t * 128 + (quad(l / 4) ^ t) * 4;
    }

    static __device__ __forceinline__ void read(const float* operand, int lane, int first, int k,
        float (&value)[4][2]) {
        operand += first * 32 + k / 8 * 32;
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float4 v = *reinterpret_cast<const float4*>(operand + (lane ^ r * 16) + r * 512);
            value[0][r] = v.x, value[1][r] = v.y, value[2][r] = v.z, value[3][r] = v.w;
        }
    }
};

template <class P, bool WIDE>
struct WeightedMma {
    using Tile = MmaTile<P, 4, 1, 1, 1, 3, 2>;                             // of s
    using Sums = MmaTile<P, 4, 1, 1, 4, 3, 2>;
    using Columns = AlongSumCopied<Tile, Tile::COLUMNS>;
    static constexpr int THREADS = Tile::THREADS, TOGETHER = 2, ROWS = Tile::ROWS, COLUMNS = Tile::COLUMNS;
    static constexpr int PANEL = Tile::DEPTH * COLUMNS, PANELS = Sums::COLUMNS / Tile::DEPTH;

    Sums sums;

    // The number of row i of this lane's four, and column 16 t + j from its first one on.
    static __device__ __forceinline__ float& at(Tile& s, int i, int t, int j) {
        return s.sum[i / 2][j][i % 2 * 2 + t];
    }

    // Multiplies the sums of row i of this lane's four.
    __device__ __forceinline__ void scale_row(int i, float by) {
#pragma unroll
        for (int j = 0; j < 4 * PANELS; j++) {
            sums.sum[i / 2][j][i % 2 * 2] *= by;
            sums.sum[i / 2][j][i % 2 * 2 + 1] *= by;
        }
    }

    // The first row and the first column of a lane.
    static __device__ __forceinline__ int lane_row() { return Tile::lane_row(); }
    static __device__ __forceinline__ int lane_column() { return Tile::lane_column(); }

    // sums += w b for one tile: `panels` of 32 features.
    __device__ __forceinline__ void add_weighted(const Tile& w, const float* b, int panels) {
#pragma unroll
        for (int k = 0; k < COLUMNS; k += P::DEPTH) {
            Stripe x, y;
#pragma unroll
            for (int s = 0; s < 4; s++) {
#pragma unroll
                for (int h = 0; h < 2; h++) {
                    if constexpr (P::DEPTH == 8) x.of[s][h] = P::rounded(w.of(0, s, h, k / 8));
                    else x.of[s][h] = P::rounded(w.of(0, s, 0, k / 8 + h), w.of(0, s, 1, k / 8 + h));
                }
            }
            int lane = ByResult::lane();
#pragma unroll
            for (int p = 0; p < PANELS; p++) {
                if (p >= panels) continue;
                P::template read<ByResult>(b, lane, 32 * p, k, y);
#pragma unroll
                for (int i = 0; i < 2; i++) {
#pragma unroll
                    for (int j = 0; j < 4; j++) P::multiply(sums.sum[i][4 * p + j], x, i, y, j);
                }
            }
        }
    }

    // Asks for rows `first` ... of b, from feature `from` on.
    static __device__ __forceinline__ void ask(const float* b, int columns, int d, int first, int from, int panels,
        float* to) {
        Columns rows(b, d, first, columns, from);
        for (int p = 0; p < panels; p++) rows.load(to + p * PANEL, d - from - p * Tile::DEPTH);
        commit_copies();
    }

    // For rows `row` ... of a (rows, d), tiles first ... end - 1 of b (columns, d), and features `from` ...: calls
    // weigh(s, column), which replaces s by weights, zeros outside of the matrix. All threads of the block call this.
    template <class Weigh>
    __device__ __forceinline__ void add_tiles(const float* a, int row, int rows, const float* b, int columns, int d,
        int from, int first, int end, void* shared, const Weigh& weigh) {
        float* room = static_cast<float*>(shared);
        int panels = min(PANELS, (d - from + Tile::DEPTH - 1) / Tile::DEPTH);
        sums.clear();
        if constexpr (WIDE) {
            float* kept = room + Tile::STAGES * Tile::BUFFER;
            for (int tile = first; tile < end; tile++) {
                Tile s;
                int column = tile * COLUMNS;
                __syncthreads();                                           // everybody has read the tile before
                ask(b, columns, d, column, from, panels, kept);            // there before the first step of s is
                OperandsCopied<AlongSumCopied<Tile, ROWS>, Columns> loader{{a, d, row, rows, 0},
                    {b, d, column, columns, 0}};
                s.multiply(loader, d, shared);
                weigh(s, column);
                add_weighted(s, kept, panels);
            }
        } else {
            AlongSumCopied<Tile, ROWS> own(a, d, row, rows, 0);
            float* others = room + panels * Tile::A;
            for (int p = 0; p < panels; p++) own.load(room + p * Tile::A, d - p * Tile::DEPTH);
            if (first < end) ask(b, columns, d, first * COLUMNS, 0, panels, others);
            int full = 0;
            for (int tile = first; tile < end; tile++) {
                Tile s;
                wait_copies<0>();
                __syncthreads();                         // the tile has come, and everybody has read the one before
                int next = panels * PANEL - full;
                if (tile + 1 < end) ask(b, columns, d, (tile + 1) * COLUMNS, 0, panels, others + next);
                s.clear();
#pragma unroll 1
                for (int p = 0; p < panels; p++) {
                    s.template add_products<ByRow, ByRow>(room + p * Tile::A, others + full + p * PANEL);
                }
                weigh(s, tile * COLUMNS);
                add_weighted(s, others + full, panels);
                full = next;
            }
        }
    }

    // Writes the sums inside of (rows, d).
    __device__ __forceinline__ void write(float* to, int row, int rows, int from, int d) const {
        sums.write(to, d, row, rows, from, d, in_quads(to, d), [](int column) { return column; });
    }
};
