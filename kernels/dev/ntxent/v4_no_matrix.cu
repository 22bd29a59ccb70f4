/*
NT-Xent, version 4. The idea: the matrix is never written. A block owns 64 rows and goes through all columns; a tile of
similarities is added up while it is in registers. Backward makes it again, turns it into weights, and multiplies these
by u from shared memory: 2 m^2 d more operations, and nothing that grows with m^2 in memory.

Beyond this the final version divides by the lengths on the way into shared memory, shares the columns out among blocks
where rows are few, has a running maximum for small temperatures, and keeps the positive apart.
*/
#include "../../src/main/cuda/weighted_tile.cuh"

KERNEL v4_forward(const float* u, float* lse, int m, int d, float temperature) {
    __shared__ float4 room[TILE_ROOM / 4];
    int row = blockIdx.x * TILE;
    float sum[4] = {};
    for (int column = 0; column < m; column += TILE) {
        float s[4][4] = {};
        multiply_tile(Along{u, d}, row, m, Along{u, d}, column, m, 0, d, s, reinterpret_cast<float*>(room));
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                int at = row + tile_row() + i, c = column + tile_column() + j;
                if (c < m && c != at) sum[i] += expf((s[i][j] - 1) / temperature);
            }
        }
    }
    for (int i = 0; i < 4; i++) {
        float all = sum_of_16(sum[i]);
        int at = row + tile_row() + i;
        if (threadIdx.x % 16 == 0 && at < m) lse[at] = 1 / temperature + logf(all);
    }
}

// grid = (m / 64, d / 128).
KERNEL v4_backward(const float* u, const float* lse, float* du, int m, int d, float temperature) {
    __shared__ float4 tile[TILE_ROOM / 4], kept[WEIGHTS_ROOM / 4];
    float *room = reinterpret_cast<float*>(tile), *weights = reinterpret_cast<float*>(kept);
    int row = blockIdx.x * TILE, from = blockIdx.y * SPAN;
    float acc[4][8] = {};
    for (int column = 0; column < m; column += TILE) {
        float s[4][4] = {};
        multiply_tile(Along{u, d}, row, m, Along{u, d}, column, m, 0, d, s, room);
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                int at = row + tile_row() + i, c = column + tile_column() + j;
                bool in = at < m && c < m && c != at;
                float t = s[i][j] / temperature;
                float w = in ? expf(t - lse[at]) + expf(t - lse[c]) : 0.0f;
                s[i][j] = in && c == (at + m / 2) % m ? w - 2 : w;
            }
        }
        store_weights(s, weights);
        add_weighted(weights, Along{u, d}, column, m, from, d, acc, room);
    }
    each_of_span(acc, row, m, from, d, room, [=](int i, int j, float x) { du[i * d + j] = x; });
}
