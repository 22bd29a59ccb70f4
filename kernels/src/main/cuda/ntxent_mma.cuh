/*
NT-Xent and its gradient on tensor cores: ntxent.cu, which has the formula, with factors rounded to TF32.
                                                                             ops: NtXent, NtXentGrad, NtXentAndGrad
Forward goes through the upper half of the tiles of s: an exponential is added to its row and to its column. Tiles (x, x +
y mod tiles), y = 0 ... tiles / 2, are such a half, where the last y, if the number of tiles is even, is for the first
half of x. Backward goes through all tiles of s once more for each span of 128 features (weighted_mma.cuh): for d <= 128
m^2 d + 4 m^2 d operations in all, m^2 / 2 + m^2 exponentials; for more m^2 d + 2 m^2 d + 2 spans m^2 d, so that
backward has 6 m^2 d for d = 256, and m^2 / 2 + spans m^2. For 2 / tau > 80 the kernels of ntxent.cu serve.
In bfloat16: ntxent_bf16.cu.

u (m, d) = r z, which is written by l2_normalize.cu, because copies to shared memory go past the registers
files    ntxent_tf32.cu: the entry points; compute capability 8.0
launch   ntxent_sums_<precision>_<tile>: tiles and blocks of gemm_mma.cuh, large or medium; grid = (tiles, offsets y
         from `first` on). Each offset makes two numbers a row; ntxent_sum_tiles (ntxent.cu) adds them, and offsets are
         done by as many at a time as keep them below the size of z
         ntxent_gradient_<precision>[_wide]: grid = (128 rows, spans of 128 features, pieces of the columns), 128
         threads; d <= 128: 512 and twice 128 bytes of shared memory for each of the d features, rounded up to 32: 96
         KiB for 128; wide: 76 KiB
traffic  forward as a product of matrices (gemm_mma.cuh), and no result; backward u once, from the L2 cache, for each
         128 rows; wide: twice, and the rows as often
numerics factors and weights rounded to nearest, relative error e <= 2^-11 each, products exact, sums float, cut
         off towards zero; exponentials, lse and losses as in ntxent.cu, and positives, which are not rounded. A
         similarity is wrong by at most (2 e + e^2) / tau, and so is lse
order    a lane adds its numbers of a row in order, then 4 lanes and the warps in order; of a column its rows, then 8
         lanes, then warps; offsets in order of 8 shares. Backward columns in the order of weighted_mma.cuh, then
         pieces: bitwise reproducible, in the same order on every device
versions kernels/dev/ntxent; not measured yet on a GPU
*/
#pragma once

#include "weighted_mma.cuh"

// Sums of e^(s - 1/tau) over the negatives of a tile, of its rows and of its columns: (2 offsets, m).
template <class T>
__device__ __forceinline__ void half_sums(const float* u, int m, int d, float scale, int first, float* sums,
    void* shared) {
    constexpr int ROW_WARPS = T::ROWS / 32, COLUMN_WARPS = T::WARPS / ROW_WARPS, QUADS = T::COLUMNS / COLUMN_WARPS / 16;
    static_assert(T::ROWS == T::COLUMNS, "the half of the tiles needs square ones");
    int tiles = gridDim.x, y = first + blockIdx.y;
    if (2 * y == tiles && 2 * static_cast<int>(blockIdx.x) >= tiles) return;
    int row = blockIdx.x * T::ROWS, column = (blockIdx.x + y) % tiles * T::ROWS;
    OperandsCopied<AlongSumCopied<T, T::ROWS>, AlongSumCopied<T, T::COLUMNS>> loader{{u, d, row, m, 0},
        {u, d, column, m, 0}};
    T s;
    s.multiply(loader, d, shared);
    __syncthreads();
    float *of_rows = static_cast<float*>(shared), *of_columns = of_rows + COLUMN_WARPS * T::ROWS;
    int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    float part[4] = {};
#pragma unroll
    for (int t = 0; t < QUADS; t++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            int c = column + T::lane_column() + 16 * t + j, partner = c < m / 2 ? c + m / 2 : c - m / 2;
            float down = 0;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int at = row + T::lane_row() + i;
                bool in = at < m && c < m && at != c && at != partner;
                float e = in ? exp2f((s.of(0, i, t, j) - 1) * scale) : 0.0f;
                part[i] += e;
                down += e;
            }
            for (int step = 4; step < WARP; step *= 2) down += __shfl_xor_sync(ALL_LANES, down, step);
            if (lane < 4) of_columns[warp / COLUMN_WARPS * T::COLUMNS + T::lane_column() + 16 * t + j] = down;
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        for (int step = 1; step < 4; step *= 2) part[i] += __shfl_xor_sync(ALL_LANES, part[i], step);
        if (lane % 4 == 0) of_rows[warp % COLUMN_WARPS * T::ROWS + T::lane_row() + i] = part[i];
    }
    __syncthreads();
    sums += 2 * static_cast<i64>(blockIdx.y) * m;
    for (int i = threadIdx.x; i < T::ROWS; i += T::THREADS) {
        float across = 0, down = 0;
        for (int w = 0; w < COLUMN_WARPS; w++) across += of_rows[w * T::ROWS + i];
        for (int w = 0; w < ROW_WARPS; w++) down += of_columns[w * T::COLUMNS + i];
        if (row + i < m) sums[row + i] = across;
        if (y > 0 && column + i < m) sums[m + column + i] = down;
    }
}

// m tau du of 128 rows and one span of features, one piece of the sum over j: (pieces, m, d).
template <class P, bool WIDE>
__device__ __forceinline__ void gradient(const float* u, const float* factors, const float* lacks, int m, int d,
    float scale, int each, float* parts, void* shared) {
    using Block = WeightedMma<P, WIDE>;
    int row = blockIdx.x * Block::ROWS, from = blockIdx.y * Block::Sums::COLUMNS, first = blockIdx.z * each;
    int tiles = (m + Block::COLUMNS - 1) / Block::COLUMNS;
    int first_row = row + Block::lane_row(), first_column = Block::lane_column();
    Block block;
    float own[4];
#pragma unroll
    for (int i = 0; i < 4; i++) own[i] = first_row + i < m ? factors[first_row + i] : 0.0f;
    block.add_tiles(u, row, m, u, m, d, from, first, min(tiles, first + each), shared,
        [&](typename Block::Tile& s, int column) {
#pragma unroll
            for (int t = 0; t < 2; t++) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    int c = column + first_column + 16 * t + j, partner = c < m / 2 ? c + m / 2 : c - m / 2;
                    float other = c < m ? factors[c] : 0.0f;
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        int at = first_row + i;
                        float &x = Block::at(s, i, t, j), w = exp2f((x - 1) * scale) * (own[i] + other);
                        x = at >= m || c >= m || c == at ? 0.0f : at == partner ? lacks[at] + lacks[c] : w;
                    }
                }
            }
        });
    block.write(parts + static_cast<i64>(blockIdx.z) * m * d, row, m, from, d);
}

#define NTXENT_SUMS(tile, T)                                                                                          \
    KERNEL MMA_BOUNDS(T) ntxent_sums_##tile(const float* __restrict__ u, int m, int d, float scale, int first,        \
        float* __restrict__ sums) {                                                                                   \
        SHARED_BYTES(shared);                                                                                         \
        half_sums<T>(u, m, d, scale, first, sums, shared);                                                            \
    }

#define NTXENT_GRADIENT(name, P, WIDE)                                                                                 \
    KERNEL __launch_bounds__(WeightedMma<P, WIDE>::THREADS, WeightedMma<P, WIDE>::TOGETHER) ntxent_gradient_##name(    \
        const float* __restrict__ u, const float* __restrict__ factors, const float* __restrict__ lacks, int m, int d, \
        float scale, int each, float* __restrict__ parts) {                                                            \
        SHARED_BYTES(shared);                                                                                          \
        gradient<P, WIDE>(u, factors, lacks, m, d, scale, each, parts, shared);                                        \
    }
