/*
NT-Xent, version 3. The idea: tiles in registers. In version 2 two readings of shared memory go with each multiplication;
here a thread has 4 x 4 numbers of a 64 x 64 tile, and two 16-byte readings serve 16 of them. While a panel is
multiplied, the next is on its way. The passes between the products are those of version 2.
*/
#include "../../src/main/cuda/square_tile.cuh"

KERNEL v3_similarities(const float* u, float* s, int m, int d, float temperature) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(Along{u, d}, row, m, Along{u, d}, column, m, 0, d, acc, shared);
    each_of_tile(acc, 0, row, m, column, m, shared, [=](int i, int j, float x) { s[i * m + j] = x / temperature; });
}

KERNEL v3_backward(const float* w, const float* u, float* du, int m, int d) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(Along{w, m}, row, m, Across{u, d}, column, d, 0, m, acc, shared);
    each_of_tile(acc, 0, row, m, column, d, shared, [=](int i, int j, float x) { du[i * d + j] = x; });
}
