/*
Barlow Twins for batches with fewer rows than features: Zbontar, Jing, Misra, LeCun, Deny 2021, arXiv:2103.03230, Eq. 1;
derived in docs/math/barlow_twins.md.                                                  ops: BarlowTwins, BarlowTwinsGrad

    x = (a - meanA) rstdA,  y = (b - meanB) rstdB      G = x x',  H = y y'      c_i = 1/n sum x y of column i
    L  = lambda/n^2 <G, H> + sum (1 - c_i)^2 - lambda c_i^2
    dx = 2 lambda/n^2 H x + 2/n y ((1 - lambda) c - 1)      dy = 2 lambda/n^2 G y + 2/n x ((1 - lambda) c - 1)

a, b, dx, dy (n, d); G, H (n, n); means, rstds, c (d). The (d, d) matrix of correlations never exists; x and y exist as
panels of 64 x 16 in shared memory only. dx goes through the normalisation by column_products and batch_norm_gradient.
On tensor cores barlow_grams and barlow_backward are those of barlow_mma.cuh, and the others serve, too.

launch   barlow_grams: grid = (tiles on and above the diagonal, pieces of the sum, 2 sides), 256 threads, 17 KiB of
         shared memory; column_barlow: see column_sums.cuh; barlow_backward: grid = tiles of (n, d); others as stated
traffic  a tile reads 2 * 64 numbers for 2 * 64^2 operations, neighbouring tiles from the L2 cache; pieces of G and H
         are written and read once
numerics Gram matrices in f32; <G, H>, c and the loss in f64, because the terms off the diagonal are a difference
order    k in order within a piece, pieces in order; <G, H> by fixed shares of 256 blocks, in order: bitwise
         reproducible, in the same order on every device
versions kernels/dev/barlow; not measured yet on a GPU
*/
#include "column_sums.cuh"
#include "square_tile.cuh"

// x y down the columns.
struct Agreement {
    const float *a, *b, *mean_a, *rstd_a, *mean_b, *rstd_b;
    int d;

    __device__ __forceinline__ float channel(int) const { return 0; }
    __device__ __forceinline__ void add(i64 place, i64 row, float, float& f, float&) const {
        int c = static_cast<int>(place - row * d);
        f = fmaf((a[place] - mean_a[c]) * rstd_a[c], (b[place] - mean_b[c]) * rstd_b[c], f);
    }
};

KERNEL column_barlow(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ mean_a,
    const float* __restrict__ rstd_a, const float* __restrict__ mean_b, const float* __restrict__ rstd_b, i64 rows,
    int channels, int inner, i64 piece, double* __restrict__ sums) {
    __shared__ double parts[2 * COLUMN_WARPS * WARP];
    sum_columns(Agreement{a, b, mean_a, rstd_a, mean_b, rstd_b, channels}, rows, channels, inner, piece, sums, parts);
}

// c, and what it has to do with the loss; a warp a column.
KERNEL barlow_diagonal(float* __restrict__ diagonal, double* __restrict__ terms, double count, double lambda,
    const double* __restrict__ sums, int channels, int fold, int pieces) {
    int i = channel_of_warp();
    if (i >= channels) return;
    double first, second;
    sum_pieces(sums, i, channels, fold, pieces, first, second);
    if (threadIdx.x % WARP != 0) return;
    double c = first / count;
    diagonal[i] = static_cast<float>(c);
    terms[i] = (1 - c) * (1 - c) - lambda * c * c;
}

// Pieces of G or H, (2, pieces, n, n); what is below the diagonal's tiles is left out.
KERNEL barlow_grams(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ mean_a,
    const float* __restrict__ rstd_a, const float* __restrict__ mean_b, const float* __restrict__ rstd_b, int n, int d,
    int pieces, float* __restrict__ parts) {
    __shared__ float4 room[TILE_ROOM / 4];
    int tiles = (n + TILE - 1) / TILE, down = 0, at = blockIdx.x;
    while (at >= tiles - down) at -= tiles - down++;      // row `down` has tiles - down of them
    int row = down * TILE, column = (down + at) * TILE, from, to;
    piece_of(blockIdx.y, pieces, d, from, to);
    bool second = blockIdx.z == 1;
    StandardAlong x{second ? b : a, second ? mean_b : mean_a, second ? rstd_b : rstd_a, d};
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    multiply_tile(x, row, n, x, column, n, from, to, acc, shared);
    float* mine = parts + static_cast<i64>(blockIdx.z * pieces + blockIdx.y) * n * n;
    each_of_tile(acc, 0, row, n, column, n, shared,
        [=](int i, int j, float v) { mine[static_cast<i64>(i) * n + j] = v; });
}

// G and H from their pieces, mirrored, and each block's share of <G, H>. Pieces of barlow_mma.cuh are in tiles of 64 or
// 128, which have all that is read here, too.
KERNEL barlow_mirror(const float* __restrict__ parts, int pieces, float* __restrict__ grams_a,
    float* __restrict__ grams_b, double* __restrict__ shares, int n) {
    __shared__ double places[WARP];
    i64 all = static_cast<i64>(n) * n;
    double share = 0;
    for (i64 at = first_element(); at < all; at += all_threads()) {
        int i = static_cast<int>(at / n), j = static_cast<int>(at % n);
        i64 from = i / TILE <= j / TILE ? at : static_cast<i64>(j) * n + i;
        float g = 0, h = 0;
        for (int piece = 0; piece < pieces; piece++) {
            g += parts[piece * all + from];
            h += parts[(pieces + piece) * all + from];
        }
        grams_a[at] = g;
        grams_b[at] = h;
        share += static_cast<double>(g) * h;
    }
    share = block_sum(share, places);
    if (threadIdx.x == 0) shares[blockIdx.x] = share;
}

KERNEL barlow_loss(const double* __restrict__ shares, int blocks, const double* __restrict__ terms, int d,
    float* __restrict__ loss, double scale) {
    __shared__ double places[WARP];
    double dot = 0, diagonal = 0;
    for (int i = threadIdx.x; i < blocks; i += blockDim.x) dot += shares[i];
    for (int i = threadIdx.x; i < d; i += blockDim.x) diagonal += terms[i];
    dot = block_sum(dot, places);
    diagonal = block_sum(diagonal, places);
    if (threadIdx.x == 0) *loss = static_cast<float>(scale * dot + diagonal);
}

// dx, times the gradient of the loss: x is the own side, y the other, whose Gram matrix it is.
KERNEL barlow_backward(const float* __restrict__ a, const float* __restrict__ mean_a, const float* __restrict__ rstd_a,
    const float* __restrict__ b, const float* __restrict__ mean_b, const float* __restrict__ rstd_b,
    const float* __restrict__ diagonal, const float* __restrict__ gram, const float* __restrict__ dloss, int n, int d,
    float lambda, float* __restrict__ dx) {
    __shared__ float4 room[TILE_ROOM / 4];
    int tiles = (d + TILE - 1) / TILE, row = blockIdx.x / tiles * TILE, column = blockIdx.x % tiles * TILE;
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    multiply_tile(Along{gram, n}, row, n, StandardAcross{a, mean_a, rstd_a, d}, column, d, 0, n, acc, shared);
    float g = 2 * *dloss / n, apart = lambda / n;
    each_of_tile(acc, 0, row, n, column, d, shared, [=](int i, int j, float v) {
        i64 at = static_cast<i64>(i) * d + j;
        float y = (b[at] - mean_b[j]) * rstd_b[j];
        dx[at] = g * fmaf(apart, v, y * fmaf(1 - lambda, diagonal[j], -1.0f));
    });
}
