/*
InfoNCE against a queue: He, Fan, Wu, Xie, Girshick 2020, arXiv:1911.05722, Eq. 1; docs/math/queue_nce.md.
                                                                                                       op: QueueNce
    s = [q_i k_i, q_i queue_j] / tau      L = mean of lse_i - s_i0      mean_i = p_i0 k_i + sum_j p_ij queue_j

q, k, mean (n, d); queue (keys, d); lse (n). It is the forward pass of attention, with queries, keys, and the keys as
values: Dao, Fu, Ermon, Rudra, Re 2022, arXiv:2205.14135, Algorithm 1. The queue is cut into pieces, whose maximum, sum
and weighted keys are put together in order; the n x keys logits exist as tiles of 64 x 64 in shared memory only.

launch   queue_nce_pieces: grid = (tiles of queries, spans of 128 features, pieces of the queue), 256 threads, 35 KiB of
         shared memory; each span makes s again. queue_nce_rows: a warp a query
traffic  the queue once for each 64 queries and span, from the L2 cache if it fits; 2 + d floats a query and piece
numerics f32 with a running maximum in units of ln 2; what is put together, lse and losses in f64
order    a thread sums its columns in order, then a tree over 16 threads, then pieces in order: bitwise
         reproducible, in the same order on every device
versions not measured yet on a GPU
*/
#include "row_team.cuh"
#include "weighted_tile.cuh"

constexpr double LN_2 = 0.693147180559945309417;

// Of one piece, `each` tiles of keys: maximum and sum (pieces, n), weighted keys (pieces, n, d).
KERNEL __launch_bounds__(TILE_THREADS, 2) queue_nce_pieces(const float* __restrict__ q,
    const float* __restrict__ queue, int n, int keys, int d, float scale, int each, float* __restrict__ maxima,
    float* __restrict__ sums, float* __restrict__ parts) {
    __shared__ float4 tile_room[TILE_ROOM / 4], weights_room[WEIGHTS_ROOM / 4];
    float *room = reinterpret_cast<float*>(tile_room), *weights = reinterpret_cast<float*>(weights_room);
    int row = blockIdx.x * TILE, from = blockIdx.y * SPAN, tiles = (keys + TILE - 1) / TILE, first = blockIdx.z * each;
    Along queries{q, d}, all{queue, d};
    float acc[4][8] = {}, sum[4] = {0, 0, 0, 0}, max[4];
#pragma unroll
    for (int i = 0; i < 4; i++) max[i] = -infinity();
    for (int tile = first; tile < min(tiles, first + each); tile++) {
        int column = tile * TILE;
        float s[4][4] = {};
        multiply_tile(queries, row, n, all, column, keys, 0, d, s, room);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            float most = max[i];
#pragma unroll
            for (int j = 0; j < 4; j++) {
                s[i][j] = column + tile_column() + j < keys ? s[i][j] * scale : -infinity();
                most = max_or_nan(most, s[i][j]);
            }
            most = max_of_16(most);
            float shrink = exp2f(max[i] - most), part = 0;
            max[i] = most;
#pragma unroll
            for (int j = 0; j < 4; j++) {
                s[i][j] = exp2f(s[i][j] - most);
                part += s[i][j];
            }
            sum[i] = fmaf(sum[i], shrink, part);
#pragma unroll
            for (int x = 0; x < 8; x++) acc[i][x] *= shrink;
        }
        store_weights(s, weights);
        add_weighted(weights, all, column, keys, from, d, acc, room);
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
        float total = sum_of_16(sum[i]);
        i64 at = static_cast<i64>(blockIdx.z) * n + row + tile_row() + i;
        if (blockIdx.y != 0 || threadIdx.x % 16 != 0 || row + tile_row() + i >= n) continue;
        maxima[at] = max[i];
        sums[at] = total;
    }
    float* to = parts + static_cast<i64>(blockIdx.z) * n * d;
    each_of_span(acc, row, n, from, d, room, [=](int i, int j, float x) { to[static_cast<i64>(i) * d + j] = x; });
}

// Puts the pieces and the right key together; a warp takes a query. factors: (pieces, n), room to work in.
KERNEL queue_nce_rows(const float* __restrict__ q, const float* __restrict__ k, const float* __restrict__ maxima,
    const float* __restrict__ sums, const float* __restrict__ parts, float* factors, int pieces,
    float* __restrict__ lse, float* __restrict__ mean, double* __restrict__ losses, int n, int d, double temperature) {
    Team<false> team{nullptr};
    for (i64 row = team.first(); row < n; row += team.step()) {
        double right = 0;
        for (int j = team.lane(); j < d; j += team.lanes()) {
            right += static_cast<double>(q[row * d + j]) * k[row * d + j];
        }
        right = team.sum(right) / (temperature * LN_2);
        double most = right, total = 0;
        for (int piece = 0; piece < pieces; piece++) {
            double m = maxima[static_cast<i64>(piece) * n + row];
            most = m > most || m != m ? m : most;
        }
        for (int piece = team.lane(); piece < pieces; piece += team.lanes()) {
            i64 at = static_cast<i64>(piece) * n + row;
            total += sums[at] * exp2(maxima[at] - most);
        }
        double own = exp2(right - most);
        total = team.sum(total) + own;
        for (int piece = team.lane(); piece < pieces; piece += team.lanes()) {
            i64 at = static_cast<i64>(piece) * n + row;
            factors[at] = static_cast<float>(exp2(maxima[at] - most) / total);
        }
        __syncwarp();
        float weight = static_cast<float>(own / total);
        for (int j = team.lane(); j < d; j += team.lanes()) {
            float x = 0;
            for (int piece = 0; piece < pieces; piece++) {
                i64 at = static_cast<i64>(piece) * n + row;
                x = fmaf(factors[at], parts[at * d + j], x);
            }
            mean[row * d + j] = fmaf(weight, k[row * d + j], x);
        }
        if (team.lane() != 0) continue;
        double log_sum = most * LN_2 + log(total);
        lse[row] = static_cast<float>(log_sum);
        losses[row] = log_sum - right * LN_2;
    }
}
