/*
NT-Xent, version 2. The idea: tiles in shared memory. 16 x 16 threads read 16 rows and 16 columns together, each number
once for 16 uses, and neighbours read neighbours. The matrix of similarities is written to memory, then its weights, as
one composes the loss from a product and a softmax: m^2 numbers, which pass through memory five times.
*/
#include "../../src/main/cuda/common.cuh"

constexpr int SIDE = 16;

// c = a b' (transposed) or a b, a (rows, depth), 16 x 16 threads a block, grid = (columns / 16, rows / 16).
__device__ __forceinline__ float shared_product(const float* a, const float* b, int rows, int columns, int depth,
    bool transposed, float (*as)[SIDE + 1], float (*bs)[SIDE + 1]) {
    int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE, row = blockIdx.y * SIDE + y, column = blockIdx.x * SIDE + x;
    float sum = 0;
    for (int k = 0; k < depth; k += SIDE) {
        as[y][x] = row < rows && k + x < depth ? a[row * depth + k + x] : 0.0f;
        int other = blockIdx.x * SIDE + y;
        if (transposed) bs[x][y] = other < columns && k + x < depth ? b[other * depth + k + x] : 0.0f;
        else bs[y][x] = k + y < depth && column < columns ? b[(k + y) * columns + column] : 0.0f;
        __syncthreads();
        for (int j = 0; j < SIDE; j++) sum += as[y][j] * bs[j][x];
        __syncthreads();
    }
    return sum;
}

KERNEL v2_similarities(const float* u, float* s, int m, int d, float temperature) {
    __shared__ float as[SIDE][SIDE + 1], bs[SIDE][SIDE + 1];
    float x = shared_product(u, u, m, m, d, true, as, bs) / temperature;
    int row = blockIdx.y * SIDE + threadIdx.x / SIDE, column = blockIdx.x * SIDE + threadIdx.x % SIDE;
    if (row < m && column < m) s[row * m + column] = x;
}

// A block a row.
KERNEL v2_forward(const float* s, float* lse, int m, float temperature) {
    __shared__ float parts[WARP];
    int i = blockIdx.x;
    float sum = 0;
    for (int k = threadIdx.x; k < m; k += blockDim.x) {
        if (k != i) sum += expf(s[i * m + k] - 1 / temperature);
    }
    sum = block_sum(sum, parts);
    if (threadIdx.x == 0) lse[i] = 1 / temperature + logf(sum);
}

// In place of s.
KERNEL v2_weights(float* s, const float* lse, int m) {
    for (i64 at = first_element(); at < static_cast<i64>(m) * m; at += all_threads()) {
        int i = at / m, k = at % m;
        float w = expf(s[at] - lse[i]) + expf(s[at] - lse[k]);
        if (k == (i + m / 2) % m) w -= 2;
        s[at] = k == i ? 0.0f : w;
    }
}

KERNEL v2_backward(const float* w, const float* u, float* du, int m, int d) {
    __shared__ float as[SIDE][SIDE + 1], bs[SIDE][SIDE + 1];
    float x = shared_product(w, u, m, d, m, false, as, bs);
    int row = blockIdx.y * SIDE + threadIdx.x / SIDE, column = blockIdx.x * SIDE + threadIdx.x % SIDE;
    if (row < m && column < d) du[row * d + column] = x;
}
