/*
Barlow Twins, version 5: the Gram form, for fewer samples than features.

The squares of c need no c. With the trace, whose factors may be rotated,

    n^2 sum_ij c_ij^2 = tr(x'y y'x) = tr(x x' y y') = <G, H>          G = x x',  H = y y'   (n, n)

    L  = lambda/n^2 <G, H> + sum_i (1 - c_i)^2 - lambda c_i^2         c_i = c_ii = 1/n sum x y of column i
    dx = 2 lambda/n^2 H x + 2/n y ((1 - lambda) c - 1)                dy = 2 lambda/n^2 G y + 2/n x ((1 - lambda) c - 1)

idea     c (d, d) has rank n - 1 at most: for n < d it says with d^2 numbers what G and H say with 2 n^2. They are
         small, so they are kept, and nothing is made twice
launch   *_diagonal: grid = ceil(d / 32); *_gram, for each side: grid = (ceil(n / 64), ceil(n / 64)); *_dot: a fixed
         number of blocks; *_loss: one block; *_backward, for each side: grid = (ceil(d / 64), ceil(n / 64)); moments:
         version 2; *_through_norm: version 4. block = 256; 17 KiB static shared
flops    8 n^2 d: 2 n^2 d for G, H, H x and G y each. Against 6 n d^2 with c in memory it is less for n < 3/4 d, against
         the 8 n d^2 of version 4 for n < d. n = 1024 and d = 8192: 69 and 412 GFLOP, a sixth
memory   8 n^2 bytes: 8 MiB where c has 256
numerics what is off the diagonal comes out as a difference, <G, H>/n^2 - sum c_i^2: <G, H>, c_i and the loss in f64
order    k in order; <G, H> by fixed shares of the blocks, in order
time     not measured yet on a GPU

The product uses src/main/cuda/barlow.cu for n < 3/4 d. What it does more: only the tiles on and above the diagonal of G
and H, which are symmetric, 6 n^2 d flops, an eighth of the matrix form for n = 1024 and d = 8192; sums cut into pieces,
added in order, where G has too few tiles for all multiprocessors; moments in f64; a gradient of the loss that is not 1.
For larger n it has src/main/cuda/cross_correlation.cu, where c is in memory, as in version 1, with the tiles of version
3.
*/
#include "../../src/main/cuda/square_tile.cuh"
#include "columns.cuh"

// c_i, and what it has to do with the loss beside <G, H>.
KERNEL barlow_v5_diagonal(const float* __restrict__ a, const float* __restrict__ mean_a,
    const float* __restrict__ rstd_a, const float* __restrict__ b, const float* __restrict__ mean_b,
    const float* __restrict__ rstd_b, float* __restrict__ diagonal, double* __restrict__ terms, int n, int d,
    double lambda) {
    __shared__ double parts[WARPS * COLUMNS];
    int i = column_of_thread();
    bool inside = i < d;
    double sum = sum_of_column(n, inside, parts, [=](int k) {
        i64 at = static_cast<i64>(k) * d + i;
        return static_cast<double>((a[at] - mean_a[i]) * rstd_a[i]) * ((b[at] - mean_b[i]) * rstd_b[i]);
    });
    if (!inside || threadIdx.x >= COLUMNS) return;
    double c = sum / n;
    diagonal[i] = static_cast<float>(c);
    terms[i] = (1 - c) * (1 - c) - lambda * c * c;
}

// G (n, n) of one side.
KERNEL barlow_v5_gram(const float* __restrict__ a, const float* __restrict__ mean, const float* __restrict__ rstd,
    float* __restrict__ g, int n, int d) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    StandardAlong x{a, mean, rstd, d};
    multiply_tile(x, row, n, x, column, n, 0, d, acc, shared);
    each_of_tile(acc, 0, row, n, column, n, shared,
        [=](int k, int l, float sum) { g[static_cast<i64>(k) * n + l] = sum; });
}

// Each block's share of <G, H>.
KERNEL barlow_v5_dot(const float* __restrict__ g, const float* __restrict__ h, double* __restrict__ shares, int n) {
    __shared__ double parts[WARP];
    double share = 0;
    for (i64 at = first_element(); at < static_cast<i64>(n) * n; at += all_threads()) {
        share += static_cast<double>(g[at]) * h[at];
    }
    share = block_sum(share, parts);
    if (threadIdx.x == 0) shares[blockIdx.x] = share;
}

KERNEL barlow_v5_loss(const double* __restrict__ shares, int blocks, const double* __restrict__ terms,
    float* __restrict__ loss, int n, int d, double lambda) {
    __shared__ double parts[WARP];
    double dot = 0, diagonal = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) dot += shares[i];
    for (int i = threadIdx.x; i < d; i += blockDim.x) diagonal += terms[i];
    dot = block_sum(dot, parts);
    diagonal = block_sum(diagonal, parts);
    if (threadIdx.x == 0) *loss = static_cast<float>(lambda / n / n * dot + diagonal);
}

// dx, of the own side a, the other side b, and the Gram matrix of the other; dy with the sides exchanged.
KERNEL barlow_v5_backward(const float* __restrict__ a, const float* __restrict__ mean_a,
    const float* __restrict__ rstd_a, const float* __restrict__ b, const float* __restrict__ mean_b,
    const float* __restrict__ rstd_b, const float* __restrict__ diagonal, const float* __restrict__ h,
    float* __restrict__ dx, int n, int d, float lambda) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(Along{h, n}, row, n, StandardAcross{a, mean_a, rstd_a, d}, column, d, 0, n, acc, shared);
    each_of_tile(acc, 0, row, n, column, d, shared, [=](int k, int i, float sum) {
        i64 at = static_cast<i64>(k) * d + i;
        float y = (b[at] - mean_b[i]) * rstd_b[i];
        dx[at] = 2.0f / n * (lambda / n * sum + y * ((1 - lambda) * diagonal[i] - 1));
    });
}
