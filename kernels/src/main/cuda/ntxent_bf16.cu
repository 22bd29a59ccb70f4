/*
NT-Xent and its gradient with factors in bfloat16: ntxent.cu, which has the formula, and ntxent_mma.cuh, which says what
half of the tiles forward goes through.                                      ops: NtXent, NtXentGrad, NtXentAndGrad
Operands are packed (packed.cuh): u is rounded once, and two bytes a number wherever it is read. For d <= 256
m^2 d + 4 m^2 d operations in all, m^2 / 2 + m^2 exponentials; for more, s is made once for each span of 128
features: m^2 d + 2 m^2 d + 2 spans m^2 d, and m^2 / 2 + spans m^2.

z (m, d), r (m); u (m, width), width = packed_width(d), r z rounded, zeros behind d
launch   ntxent_units_bf16: a warp a row, writes u
         ntxent_sums_bf16_<tile>: as in ntxent_mma.cuh, tiles of packed_tile.cuh
         ntxent_gradient_bf16_<width>, for 64, 128, 256: grid = (128 rows, 1, pieces of the columns), 128 threads, 256
         for 256; 384 bytes of shared memory for each of the width, 48 KiB for 128
         ntxent_gradient_bf16_wide: grid = (128 rows, spans of 128 features, pieces), 128 threads, 88 KiB
traffic  forward 256 rows of u for each tile of the half; backward u once for each 128 rows, from the L2 cache; wide:
         for each 64 columns of each span 192 rows, and the span of the 64 once more
bound    by shared memory, computed, of what an H100's tensor cores do (packed_tile.cuh, packed_weighted.cuh): forward
         16 of 24 + 8 clocks, 50 %; backward 64 of 64 + 8, 89 %, for d <= 128, and 64 of 128 + 8, 47 %, for d <= 256. Of
         the 6 m^2 d of the formula, m^2 d of which symmetry saves: 6 / (1 / 0.50 + 4 / 0.89) = 92 % for d = 128, and
         6 / (1 / 0.50 + 4 / 0.47) = 57 % for d = 256, if nothing else took time; wide, d = 512: 20 % of 4 m^2 d
numerics factors and weights rounded to nearest even, relative error e <= 2^-8 each; the rest as in ntxent_mma.cuh
order    forward a lane adds its numbers of a row in order, then 4 lanes and the warps in order; of a column its rows,
         then 8 lanes, then warps; offsets in order of 8 shares. Backward columns 16 at a time, then pieces: bitwise
         reproducible, in the same order on every device
versions not measured yet on a GPU
*/
// architecture: compute_80
#include "packed_weighted.cuh"
#include "row_team.cuh"

KERNEL ntxent_units_bf16(const float* __restrict__ z, const float* __restrict__ r, unsigned* __restrict__ u, int m,
    int d) {
    Team<false> team{nullptr};
    int pairs = packed_width(d) / 2;
    for (i64 row = team.first(); row < m; row += team.step()) {
        const float* x = z + row * d;
        for (int j = team.lane(); j < pairs; j += team.lanes()) {
            float low = 2 * j < d ? x[2 * j] * r[row] : 0.0f, high = 2 * j + 1 < d ? x[2 * j + 1] * r[row] : 0.0f;
            u[row * pairs + j] = Bf16::rounded(low, high);
        }
    }
}

// 2^x where it is no smaller than the smallest normal number: here x >= -2 / (tau ln 2) > -116.
__device__ __forceinline__ float power_of_two(float x) {
#ifdef CUDA_EMULATOR
    return exp2f(x);
#else
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#endif
}

// Whether some of the ROWS x COLUMNS at (row, column) is on the diagonal, or a positive.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ bool has_pairs(int row, int column, int m) {
    int half = m / 2, least = column - row - (ROWS - 1), most = column - row + (COLUMNS - 1);
    return (least <= 0 && most >= 0) || (least <= half && most >= half) || (least <= -half && most >= -half);
}

__device__ __forceinline__ int partner_of(int i, int m) { return i < m / 2 ? i + m / 2 : i - m / 2; }

// Sums of e^(s - 1/tau) over the negatives of a tile, of its rows and of its columns: (2 offsets, m).
template <class T>
__device__ __forceinline__ void half_sums(const uint4* u, int m, int d, float scale, int first, float* sums,
    uint4* shared) {
    constexpr int COLUMN_WARPS = T::COLUMNS / T::WARP_COLUMNS, ROW_WARPS = T::ROWS / 32, SIDE = T::WARP_COLUMNS / 8;
    static_assert(T::ROWS == T::COLUMNS, "the half of the tiles needs square ones");
    int tiles = gridDim.x, y = first + blockIdx.y, width = packed_width(d);
    if (2 * y == tiles && 2 * static_cast<int>(blockIdx.x) >= tiles) return;
    int row = blockIdx.x * T::ROWS, column = (blockIdx.x + y) % tiles * T::ROWS;
    T s;
    s.multiply({u, width, row, m}, {u, width, column, m}, width / PANEL, shared);
#pragma unroll
    for (int i = 0; i < 2; i++) {
#pragma unroll
        for (int j = 0; j < SIDE; j++) {
#pragma unroll
            for (int k = 0; k < 4; k++) s.sum[i][j][k] = power_of_two(fmaf(s.sum[i][j][k], scale, -scale));
        }
    }
    int top = row + T::row(), left = column + T::column();
    if (top + 32 > m || left + T::WARP_COLUMNS > m || has_pairs<32, T::WARP_COLUMNS>(top, left, m)) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int j = 0; j < SIDE; j++) {
#pragma unroll
                for (int k = 0; k < 4; k++) {
                    int at = row + T::lane_row() + 16 * i + k / 2 * 8, c = column + T::lane_column() + 8 * j + k % 2;
                    if (at >= m || c >= m || at == c || partner_of(at, m) == c) s.sum[i][j][k] = 0;
                }
            }
        }
    }
    int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
    float of_row[4] = {}, of_column[2 * SIDE];
#pragma unroll
    for (int j = 0; j < 2 * SIDE; j++) {
        float down = 0;
#pragma unroll
        for (int i = 0; i < 4; i++) {
            float e = s.sum[i / 2][j / 2][i % 2 * 2 + j % 2];
            of_row[i] += e;
            down += e;
        }
        of_column[j] = down;
    }
    __syncthreads();
    float *rows = reinterpret_cast<float*>(shared), *columns = rows + COLUMN_WARPS * T::ROWS;
    // Of two lanes each keeps half of the columns and gives the other half away: 8 lanes add in fewer shuffles.
    int kept = 0;
#pragma unroll
    for (int i = 0; i < 3; i++) {
        int step = 4 << i, half = SIDE >> i;
        bool upper = lane & step;
        kept = 2 * kept + upper;
#pragma unroll
        for (int j = 0; j < SIDE; j++) {
            if (j >= half) continue;
            float give = upper ? of_column[j] : of_column[j + half], own = upper ? of_column[j + half] : of_column[j];
            of_column[j] = own + __shfl_xor_sync(ALL_LANES, give, step);
        }
    }
#pragma unroll
    for (int j = 0; j < SIDE / 4; j++) {
        int at = kept * (SIDE / 4) + j;                  // the column 8 (at / 2) + at % 2 of the lane's
        columns[warp / COLUMN_WARPS * T::COLUMNS + T::lane_column() + at / 2 * 8 + at % 2] = of_column[j];
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        for (int step = 1; step < 4; step *= 2) of_row[i] += __shfl_xor_sync(ALL_LANES, of_row[i], step);
        if (lane % 4 == 0) rows[warp % COLUMN_WARPS * T::ROWS + T::lane_row() + 8 * i] = of_row[i];
    }
    __syncthreads();
    sums += 2 * static_cast<i64>(blockIdx.y) * m;
    for (int i = threadIdx.x; i < T::ROWS; i += T::THREADS) {
        float across = 0, down = 0;
        for (int w = 0; w < COLUMN_WARPS; w++) across += rows[w * T::ROWS + i];
        for (int w = 0; w < ROW_WARPS; w++) down += columns[w * T::COLUMNS + i];
        if (row + i < m) sums[row + i] = across;
        if (y > 0 && column + i < m) sums[m + column + i] = down;
    }
}

// m tau du of 128 rows, all features or a span of 128, one piece of the sum over j: (pieces, m, d).
template <int FEATURES, bool WIDE>
__device__ __forceinline__ void gradient(const uint4* u, const float* factors, const float* lacks, int m, int d,
    float scale, int each, float* parts, uint4* shared) {
    using Block = PackedWeighted<FEATURES, WIDE>;
    constexpr int HIGH = Block::HIGH, N = 2;
    int row = blockIdx.x * Block::ROWS, from = blockIdx.y * FEATURES, first = blockIdx.z * each;
    int tiles = (m + Block::COLUMNS - 1) / Block::COLUMNS;
    Block block;
    float own[2 * HIGH];
#pragma unroll
    for (int i = 0; i < 2 * HIGH; i++) {
        int at = row + Block::lane_row() + 8 * i;
        own[i] = at < m ? factors[at] : 0.0f;
    }
    block.add_tiles(u, row, m, u, m, WIDE ? packed_width(d) : FEATURES, from, first, min(tiles, first + each), shared,
        [&](float (&s)[HIGH][N][4], int column) {
            int thread = again(threadIdx.x), lane_column = column + thread % 4 * 2;
#pragma unroll
            for (int j = 0; j < N; j++) {
                int c = lane_column + 8 * j;                               // m is even, and so is c
                float2 other = c < m ? *reinterpret_cast<const float2*>(factors + c) : make_float2(0, 0);
#pragma unroll
                for (int i = 0; i < 2 * HIGH; i++) {
                    float (&x)[4] = s[i / 2][j];
                    int k = i % 2 * 2;
                    x[k] = power_of_two(fmaf(x[k], scale, -scale)) * (own[i] + other.x);
                    x[k + 1] = power_of_two(fmaf(x[k + 1], scale, -scale)) * (own[i] + other.y);
                }
            }
            int top = row + thread / WARP * (16 * HIGH);
            if (!has_pairs<16 * HIGH, Block::CHUNK>(top, column, m)) return;
#pragma unroll
            for (int i = 0; i < 2 * HIGH; i++) {
                int at = top + thread % WARP / 4 + 8 * i, partner = partner_of(at, m);
                int own_place = at - lane_column, place = partner - lane_column;
                bool pair = at < m && (place & ~9) == 0;                   // 0, 1, 8 or 9
                float lack = pair ? lacks[at] + lacks[partner] : 0.0f;
#pragma unroll
                for (int k = 0; k < 4; k++) {
                    float& x = s[i / 2][k / 2][i % 2 * 2 + k % 2];
                    if (own_place == k / 2 * 8 + k % 2) x = 0;
                    if (pair && place == k / 2 * 8 + k % 2) x = lack;
                }
            }
        });
    block.write(parts + static_cast<i64>(blockIdx.z) * m * d, row, m, from, d);
}

#define NTXENT_SUMS(tile, T)                                                                                           \
    KERNEL __launch_bounds__(T::THREADS, T::TOGETHER) ntxent_sums_bf16_##tile(const uint4* __restrict__ u, int m,      \
        int d, float scale, int first, float* __restrict__ sums) {                                                     \
        SHARED_BYTES(shared);                                                                                          \
        half_sums<T>(u, m, d, scale, first, sums, reinterpret_cast<uint4*>(shared));                                   \
    }

#define NTXENT_GRADIENT(name, FEATURES, WIDE)                                                                          \
    KERNEL __launch_bounds__(PackedWeighted<FEATURES, WIDE>::THREADS, PackedWeighted<FEATURES, WIDE>::TOGETHER)        \
        ntxent_gradient_bf16_##name(const uint4* __restrict__ u, const float* __restrict__ factors,                    \
            const float* __restrict__ lacks, int m, int d, float scale, int each, float* __restrict__ parts) {         \
        SHARED_BYTES(shared);                                                                                          \
        gradient<FEATURES, WIDE>(u, factors, lacks, m, d, scale, each, parts, reinterpret_cast<uint4*>(shared));       \
    }

NTXENT_SUMS(large, LargePacked)
NTXENT_SUMS(medium, MediumPacked)
NTXENT_GRADIENT(64, 64, false)
NTXENT_GRADIENT(128, 128, false)
NTXENT_GRADIENT(256, 256, false)
NTXENT_GRADIENT(wide, 128, true)
