/*
Barlow Twins, version 2: tile by tile, never a matrix. formula.cuh has the formula.

idea     the loss needs every element of c once, so none is stored: a block makes 16 x 16 of them from shared memory,
         adds up what they have to do with the loss, and writes one number. x and y are not stored either: there are
         means and rstds, and columns are standardised on the way into shared memory
launch   *_moments: grid = ceil(d / 32); *_loss: grid = (ceil(d / 16), ceil(d / 16)); *_total: one block. block = 256;
         2.1 KiB static shared: 8 blocks on a multiprocessor of an H100, all its threads
flops    2 n d^2 for the loss, and 4 n d^2 / 16 to standardise
memory   4 d^2 / 256 bytes, the partial sums: d = 8192 has 1 MiB of them, and c would have 256 MiB
traffic  2 n d^2 / 16 numbers from L2; 2 readings of 4 bytes of shared memory for a multiply-add
order    k in order; the 256 terms of a tile in a tree of fixed shape; tiles by fixed shares of 256 threads, in order,
         then the tree. A float that blocks add to atomically would be different from run to run
time     not measured yet on a GPU
*/
#include "columns.cuh"
#include "formula.cuh"

KERNEL barlow_v2_moments(const float* __restrict__ a, float* __restrict__ mean, float* __restrict__ rstd, int n, int d,
    float epsilon) {
    __shared__ float parts[WARPS * COLUMNS];
    int i = column_of_thread();
    bool inside = i < d;
    float m = sum_of_column(n, inside, parts, [=](int k) { return a[static_cast<i64>(k) * d + i]; }) / n;
    float squares = sum_of_column(n, inside, parts, [=](int k) {
        float v = a[static_cast<i64>(k) * d + i] - m;
        return v * v;
    });
    if (!inside || threadIdx.x >= COLUMNS) return;
    mean[i] = m;
    rstd[i] = 1 / sqrtf(squares / n + epsilon);
}

constexpr int BARLOW_SIDE = 16;

KERNEL barlow_v2_loss(const float* __restrict__ a, const float* __restrict__ mean_a, const float* __restrict__ rstd_a,
    const float* __restrict__ b, const float* __restrict__ mean_b, const float* __restrict__ rstd_b,
    float* __restrict__ tiles, int n, int d, float lambda) {
    __shared__ float xs[BARLOW_SIDE][BARLOW_SIDE], ys[BARLOW_SIDE][BARLOW_SIDE], parts[WARP];      // [k][column]
    int tx = threadIdx.x % BARLOW_SIDE, ty = threadIdx.x / BARLOW_SIDE;
    int row = blockIdx.y * BARLOW_SIDE, column = blockIdx.x * BARLOW_SIDE, i = row + tx, j = column + tx;
    float sum = 0;
    for (int k = 0; k < n; k += BARLOW_SIDE) {
        i64 sample = static_cast<i64>(k + ty) * d;
        xs[ty][tx] = k + ty < n && i < d ? (a[sample + i] - mean_a[i]) * rstd_a[i] : 0.0f;
        ys[ty][tx] = k + ty < n && j < d ? (b[sample + j] - mean_b[j]) * rstd_b[j] : 0.0f;
        __syncthreads();
        for (int l = 0; l < BARLOW_SIDE; l++) sum += xs[l][ty] * ys[l][tx];
        __syncthreads();
    }
    float term = row + ty < d && j < d ? barlow_term(sum / n, row + ty == j, lambda) : 0.0f;
    term = block_sum(term, parts);
    if (threadIdx.x == 0) tiles[static_cast<i64>(blockIdx.y) * gridDim.x + blockIdx.x] = term;
}

// One block. In f64: there are d^2 / 256 numbers, and it costs nothing.
KERNEL barlow_v2_total(const float* __restrict__ tiles, float* __restrict__ loss, int count) {
    __shared__ double parts[WARP];
    double sum = 0;
    for (int i = threadIdx.x; i < count; i += blockDim.x) sum += tiles[i];
    sum = block_sum(sum, parts);
    if (threadIdx.x == 0) *loss = static_cast<float>(sum);
}
