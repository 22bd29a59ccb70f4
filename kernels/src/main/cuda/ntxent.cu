/*
NT-Xent and its gradient: Chen, Kornblith, Norouzi, Hinton 2020, arXiv:2002.05709, Eq. 1; docs/math/ntxent.md.
                                                                             ops: NtXent, NtXentGrad, NtXentAndGrad
    u = r z,  s = u u' / tau,  p(i) = (i + m/2) mod m     lse_i = ln sum_{k /= i} e^s_ik     L = mean lse_i - s_ip(i)
    du_i = 1/(m tau) sum_{j /= i} (e^(s_ij - lse_i) + e^(s_ij - lse_j) - 2 [j = p(i)]) u_j    dz = r (du - u u'du)

z, dz (m, d); r, lse (m). No matrix of m x m numbers: tiles of s are made in registers and used up at once, forward
for sums of exponentials, backward, made again, as weights of u. s is symmetric, so that one exponential serves the
softmax of i and that of j: 2 m^2 d + 4 m^2 d operations, m^2 exponentials each time.

launch   ntxent_sums: grid = (tiles of rows, pieces of the columns), 256 threads, 17 KiB of shared memory;
         ntxent_gradient: grid = (tiles of rows, spans of 128 features, pieces), 35 KiB; each span makes s again
         ntxent_sum_tiles: 32 rows a block; ntxent_rows, ntxent_factors: a warp a row; mean_of_losses: one block; dz: unit_rows_backward
         in l2_normalize.cu
traffic  from the L2 cache 3 * 64 d floats for 4 * 64^2 d operations of a tile; from memory z, and sums of the pieces
numerics f32; a similarity is at most 1/tau, which is taken out of all of them where 2/tau < 80, so that nothing
         underflows that counts, and w_ij = e^(s_ij - 1/tau) (f_i + f_j) with f = e^(1/tau - lse); for smaller tau
         (*_running) it is a running maximum, and two exponentials. The weight of the positive is e^-loss_i - 1 +
         e^-loss_j - 1, from f64: where the softmax is sure of it, what is left is small and keeps its digits. lse
         and losses in f64, the loss as ln(1 + sum over negatives of e^(s_ik - s_ip))
order    a thread sums its columns in order, then a tree over 16 threads, then pieces in order: bitwise reproducible, and
         in the same order on every device
versions kernels/dev/ntxent; not measured yet on a GPU
*/
#include "row_team.cuh"
#include "weighted_tile.cuh"

constexpr double LN_2 = 0.693147180559945309417;

// Sums of 2^(y - shift), y = s log2 e, over the negatives in `each` tiles of columns: (pieces, m) each.
template <bool RUNNING>
__device__ __forceinline__ void row_sums(const float* z, const float* r, int m, int d, float scale, int each,
    float* maxima, float* sums, float* room) {
    int row = blockIdx.x * TILE, tiles = (m + TILE - 1) / TILE, first = blockIdx.y * each;
    UnitAlong u{z, r, d};
    float sum[4] = {0, 0, 0, 0}, max[4];
#pragma unroll
    for (int i = 0; i < 4; i++) max[i] = -infinity();
    for (int tile = first; tile < min(tiles, first + each); tile++) {
        int column = tile * TILE;
        float s[4][4] = {};
        multiply_tile(u, row, m, u, column, m, 0, d, s, room);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            int at = row + tile_row() + i, own = at - column - tile_column(); // of the 4, the one on the diagonal
            int partner = at < m / 2 ? own + m / 2 : own - m / 2;             // and the positive
            bool in[4];
            float most = max[i], part = 0;
#pragma unroll
            for (int j = 0; j < 4; j++) {
                in[j] = column + tile_column() + j < m && j != own && j != partner;
                if (RUNNING && in[j]) most = max_or_nan(most, s[i][j] * scale);
            }
            if (RUNNING && most != max[i]) {
                sum[i] *= exp2f(max[i] - most);
                max[i] = most;
            }
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (in[j]) part += exp2f(RUNNING ? fmaf(s[i][j], scale, -most) : (s[i][j] - 1) * scale);
            }
            sum[i] += part;
        }
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        int at = row + tile_row() + i;
        float most = RUNNING ? max_of_16(max[i]) : scale;
        float all = sum_of_16(!RUNNING ? sum[i] : max[i] == most ? sum[i] : sum[i] * exp2f(max[i] - most));
        if (threadIdx.x % 16 != 0 || at >= m) continue;
        maxima[static_cast<i64>(blockIdx.y) * m + at] = most;
        sums[static_cast<i64>(blockIdx.y) * m + at] = all;
    }
}

KERNEL ntxent_sums(const float* __restrict__ z, const float* __restrict__ r, int m, int d, float scale, int each,
    float* __restrict__ maxima, float* __restrict__ sums) {
    __shared__ float4 room[TILE_ROOM / 4];
    row_sums<false>(z, r, m, d, scale, each, maxima, sums, reinterpret_cast<float*>(room));
}

KERNEL ntxent_sums_running(const float* __restrict__ z, const float* __restrict__ r, int m, int d, float scale,
    int each, float* __restrict__ maxima, float* __restrict__ sums) {
    __shared__ float4 room[TILE_ROOM / 4];
    row_sums<true>(z, r, m, d, scale, each, maxima, sums, reinterpret_cast<float*>(room));
}

// The sums of ntxent_mma.cuh, (2 offsets, m), of offsets from `first` on, added to those before: totals, and sums, which
// go with maxima that are all the same. A block takes 32 rows, its warps take turns. Not all tiles have both numbers of
// an offset: those on the diagonal have no columns, and of the last one, where tiles are even, each has one.
KERNEL ntxent_sum_tiles(const float* __restrict__ parts, int m, int tile, int first, int offsets, float scale,
    double* __restrict__ totals, float* __restrict__ maxima, float* __restrict__ sums) {
    __shared__ double shares[TILE_THREADS / WARP][WARP];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, row = blockIdx.x * WARP + lane;
    int tiles = (m + tile - 1) / tile;
    double sum = 0;
    for (int i = warp; i < 2 * offsets && row < m; i += TILE_THREADS / WARP) {
        int y = first + i / 2;
        bool of_row = i % 2 == 0, one = 2 * y == tiles && of_row != (2 * (row / tile) < tiles);
        if (!one && (of_row || y > 0)) sum += parts[static_cast<i64>(i) * m + row];
    }
    shares[warp][lane] = sum;
    __syncthreads();
    if (warp > 0 || row >= m) return;
    sum = first > 0 ? totals[row] : 0;
    for (int i = 0; i < TILE_THREADS / WARP; i++) sum += shares[i][lane];
    totals[row] = sum;
    maxima[row] = scale;
    sums[row] = static_cast<float>(sum);
}

// s of the row and its positive, in every lane; a warp takes a row.
__device__ __forceinline__ double positive_of(const float* z, const float* r, i64 row, int m, int d,
    double temperature, Team<false> team) {
    i64 other = row < m / 2 ? row + m / 2 : row - m / 2;
    double positive = 0;
    for (int j = team.lane(); j < d; j += team.lanes()) {
        positive += static_cast<double>(z[row * d + j] * r[row]) * (z[other * d + j] * r[other]);
    }
    return team.sum(positive) / temperature;
}

// For the gradient: f = e^(1/tau - lse), or lse log2 e for weights of two exponentials; and e^-loss - 1, what the
// softmax of the positive lacks of 1.
__device__ __forceinline__ void factors_of(double lse, double loss, double temperature, int running, float* factor,
    float* lack) {
    *factor = static_cast<float>(running ? lse / LN_2 : exp(1 / temperature - lse));
    *lack = static_cast<float>(expm1(-loss));
}

// lse and loss of each row, from the pieces and the positive, and factors where they are asked for; a warp takes a row.
// The positive joins last, so that a loss near 0 is ln(1 + little) and not the difference of two numbers.
KERNEL ntxent_rows(const float* __restrict__ z, const float* __restrict__ r, const float* __restrict__ maxima,
    const float* __restrict__ sums, int pieces, float* __restrict__ lse, double* __restrict__ losses, int m, int d,
    double temperature, int running, float* __restrict__ factors, float* __restrict__ lacks) {
    Team<false> team{nullptr};
    for (i64 row = team.first(); row < m; row += team.step()) {
        double positive = positive_of(z, r, row, m, d, temperature, team), sum = 0;
        if (team.lane() != 0) continue;
        float most = -infinity();
        for (int piece = 0; piece < pieces; piece++) most = max_or_nan(most, maxima[static_cast<i64>(piece) * m + row]);
        for (int piece = 0; piece < pieces; piece++) {
            i64 at = static_cast<i64>(piece) * m + row;
            sum += maxima[at] == most ? sums[at] : sums[at] * exp2(static_cast<double>(maxima[at]) - most);
        }
        double ahead = most - positive / LN_2, loss;               // of the largest negative, in units of ln 2
        if (ahead > 200 && sum > 0) loss = ahead * LN_2 + log(sum + exp2(-ahead)); // e^ahead might overflow
        else loss = log1p(sum * exp2(ahead));
        lse[row] = static_cast<float>(positive + loss);
        losses[row] = loss;
        if (factors != nullptr) factors_of(positive + loss, loss, temperature, running, factors + row, lacks + row);
    }
}

// The mean of n numbers, by one block.
KERNEL mean_of_losses(const double* __restrict__ losses, float* __restrict__ mean, int n) {
    __shared__ double parts[WARP];
    double sum = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += losses[i];
    sum = block_sum(sum, parts);
    if (threadIdx.x == 0) *mean = static_cast<float>(sum / n);
}

// Factors where lse is all that was kept of the forward pass; a warp takes a row.
KERNEL ntxent_factors(const float* __restrict__ z, const float* __restrict__ r, const float* __restrict__ lse, int m,
    int d, double temperature, int running, float* __restrict__ factors, float* __restrict__ lacks) {
    Team<false> team{nullptr};
    for (i64 row = team.first(); row < m; row += team.step()) {
        double loss = lse[row] - positive_of(z, r, row, m, d, temperature, team);
        if (team.lane() == 0) factors_of(lse[row], loss, temperature, running, factors + row, lacks + row);
    }
}

// m tau du of the tile's rows and of one span of features, one piece of the sum over j: (pieces, m, d).
template <bool RUNNING>
__device__ __forceinline__ void gradient(const float* z, const float* r, const float* factors, const float* lacks,
    int m, int d, float scale, int each, float* parts, float* room, float* weights) {
    int row = blockIdx.x * TILE, from = blockIdx.y * SPAN, tiles = (m + TILE - 1) / TILE, first = blockIdx.z * each;
    UnitAlong u{z, r, d};
    float acc[4][8] = {}, own[4];
#pragma unroll
    for (int i = 0; i < 4; i++) own[i] = row + tile_row() + i < m ? factors[row + tile_row() + i] : 0.0f;
    for (int tile = first; tile < min(tiles, first + each); tile++) {
        int column = tile * TILE;
        float s[4][4] = {};
        multiply_tile(u, row, m, u, column, m, 0, d, s, room);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            int c = column + tile_column() + j;
            float other = c < m ? factors[c] : 0.0f;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                int at = row + tile_row() + i;
                float y = s[i][j] * scale;
                float w = RUNNING ? exp2f(y - own[i]) + exp2f(y - other)
                                  : exp2f((s[i][j] - 1) * scale) * (own[i] + other);
                int partner = at < m / 2 ? at + m / 2 : at - m / 2;
                s[i][j] = at >= m || c >= m || c == at ? 0.0f : c == partner ? lacks[at] + lacks[c] : w;
            }
        }
        store_weights(s, weights);
        add_weighted(weights, u, column, m, from, d, acc, room);
    }
    float* to = parts + static_cast<i64>(blockIdx.z) * m * d;
    each_of_span(acc, row, m, from, d, room, [=](int i, int j, float x) { to[static_cast<i64>(i) * d + j] = x; });
}

KERNEL __launch_bounds__(TILE_THREADS, 2) ntxent_gradient(const float* __restrict__ z, const float* __restrict__ r,
    const float* __restrict__ factors, const float* __restrict__ lacks, int m, int d, float scale, int each,
    float* __restrict__ parts) {
    __shared__ float4 room[TILE_ROOM / 4], weights[WEIGHTS_ROOM / 4];
    gradient<false>(z, r, factors, lacks, m, d, scale, each, parts, reinterpret_cast<float*>(room),
        reinterpret_cast<float*>(weights));
}

KERNEL __launch_bounds__(TILE_THREADS, 2) ntxent_gradient_running(const float* __restrict__ z,
    const float* __restrict__ r, const float* __restrict__ factors, const float* __restrict__ lacks, int m, int d,
    float scale, int each, float* __restrict__ parts) {
    __shared__ float4 room[TILE_ROOM / 4], weights[WEIGHTS_ROOM / 4];
    gradient<true>(z, r, factors, lacks, m, d, scale, each, parts, reinterpret_cast<float*>(room),
        reinterpret_cast<float*>(weights));
}
