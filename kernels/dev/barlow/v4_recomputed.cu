/*
Barlow Twins, version 4: the gradient makes c again. formula.cuh has the formula.

idea     dx = 1/n y dc' needs c, which versions 2 and 3 have thrown away. It is made again in strips of `rows` rows, as
         many as L2 holds, and a strip w = 1/n dc[first ... first + rows] serves both sides before the next replaces it:

             dx[:, strip] = y w'          dy += x[:, strip] w

         NT-Xent (../ntxent/v4_no_matrix.cu) keeps such weights in shared memory and multiplies them there at once. Here
         a product of 64 x 64 elements of c with all of y has n results a row, not d: a block keeps 128 of them in
         registers, so that c would be made n / 128 times for each side. A strip makes it once for both
launch   for each strip: *_strip: grid = (ceil(d / 64), ceil(rows / 64)); *_backward_a: (ceil(rows / 64), ceil(n / 64));
         *_backward_b: (ceil(d / 64), ceil(n / 64)); then for each side *_through_norm: ceil(d / 32). block = 256;
         17 KiB static shared. Forward: version 3
flops    8 n d^2: c twice, dx, dy
memory   4 rows d bytes: 16 MiB for 512 rows and d = 8192, which stay in the 50 MB of L2 of an H100; version 1 has 256
         MiB
traffic  a tile reads 2 * 64 numbers for 2 * 64^2 flops, neighbouring tiles from L2; dy is read and written d / rows
         times
order    k, then strips, by the order of the launches
time     not measured yet on a GPU
*/
#include "../../src/main/cuda/square_tile.cuh"
#include "columns.cuh"
#include "formula.cuh"

// w (rows, d), from row `first` of c on.
KERNEL barlow_v4_strip(const float* __restrict__ a, const float* __restrict__ mean_a, const float* __restrict__ rstd_a,
    const float* __restrict__ b, const float* __restrict__ mean_b, const float* __restrict__ rstd_b,
    float* __restrict__ w, int first, int rows, int n, int d, float lambda) {
    __shared__ float4 room[TILE_ROOM / 4];
    float c[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(StandardAcross{a + first, mean_a + first, rstd_a + first, d}, row, rows,
        StandardAcross{b, mean_b, rstd_b, d}, column, d, 0, n, c, shared);
    each_of_tile(c, 0, row, rows, column, d, shared, [=](int i, int j, float sum) {
        w[static_cast<i64>(i) * d + j] = barlow_slope(sum / n, first + i == j, lambda) / n;
    });
}

// dx[:, first ...] = y w'.
KERNEL barlow_v4_backward_a(const float* __restrict__ b, const float* __restrict__ mean_b,
    const float* __restrict__ rstd_b, const float* __restrict__ w, float* __restrict__ dx, int first, int rows, int n,
    int d) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(StandardAlong{b, mean_b, rstd_b, d}, row, n, Along{w, d}, column, rows, 0, d, acc, shared);
    each_of_tile(acc, 0, row, n, column, rows, shared,
        [=](int k, int i, float sum) { dx[static_cast<i64>(k) * d + first + i] = sum; });
}

// dy += x[:, first ...] w; the first strip writes.
KERNEL barlow_v4_backward_b(const float* __restrict__ a, const float* __restrict__ mean_a,
    const float* __restrict__ rstd_a, const float* __restrict__ w, float* __restrict__ dy, int first, int rows, int n,
    int d) {
    __shared__ float4 room[TILE_ROOM / 4];
    float acc[4][4] = {}, *shared = reinterpret_cast<float*>(room);
    int row = blockIdx.y * TILE, column = blockIdx.x * TILE;
    multiply_tile(StandardAlong{a + first, mean_a + first, rstd_a + first, d}, row, n, Across{w, d}, column, d, 0, rows,
        acc, shared);
    each_of_tile(acc, 0, row, n, column, d, shared, [=](int k, int j, float sum) {
        i64 at = static_cast<i64>(k) * d + j;
        dy[at] = first == 0 ? sum : dy[at] + sum;
    });
}

// da from dx and a, db from dy and b; in place if need be.
KERNEL barlow_v4_through_norm(const float* __restrict__ a, const float* __restrict__ mean,
    const float* __restrict__ rstd, const float* dx, float* da, int n, int d) {
    __shared__ float parts[WARPS * COLUMNS];
    int i = column_of_thread();
    bool inside = i < d;
    float m = inside ? mean[i] : 0.0f, r = inside ? rstd[i] : 0.0f;
    float along = sum_of_column(n, inside, parts, [=](int k) {
        i64 at = static_cast<i64>(k) * d + i;
        return dx[at] * (a[at] - m) * r;
    }) / n;
    for (int k = threadIdx.x / COLUMNS; inside && k < n; k += WARPS) {
        i64 at = static_cast<i64>(k) * d + i;
        da[at] = r * (dx[at] - (a[at] - m) * r * along);
    }
}
