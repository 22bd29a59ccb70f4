/*
The cosine of every row of a with every row of b, and its gradients; derived in docs/math/cosine_similarity.md.
                                                                             ops: CosineSimilarity, CosineSimilarityGrad
    u = rA a,  rA = 1 / max(|a|, epsilon);  v = rB b      s = u v'      du = ds v      dv = ds' u
    da = rA (du - u u'du),  db alike (unit_rows_backward in l2_normalize.cu)

a, da (n, d); b, db (m, d); s, ds (n, m); rA (n); rB (m). u and v exist as panels of 64 x 16 in shared memory only.
On tensor cores, where copies to shared memory go past the registers, u and v are written by l2_normalize.cu, and s, du
and dv are products of gemm_mma.cuh, which has their traffic, numerics and order; the rest is the same.

launch   grid = (tiles of 64 x 64 of the result, pieces of the sum), 256 threads, 17 KiB of shared memory. Results of
         few tiles have their sums cut into pieces, which sum_of_pieces adds
traffic  a tile reads 2 * 64 numbers for 2 * 64^2 operations, neighbouring tiles from the L2 cache; s is written once
numerics f32; lengths in f64; dividing before the product keeps it from overflowing
order    k in order within a piece, then pieces in order: bitwise reproducible, in the same order on every device
versions kernels/dev/cosine; not measured yet on a GPU
*/
#include "square_tile.cuh"

KERNEL cosine_forward(const float* __restrict__ a, const float* __restrict__ b, const float* __restrict__ ra,
    const float* __restrict__ rb, int n, int m, int d, int pieces, float* __restrict__ s) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(UnitAlong{a, ra, d}, n, UnitAlong{b, rb, d}, m, d, pieces, s, reinterpret_cast<float*>(room));
}

// ds v (n, d).
KERNEL cosine_backward_a(const float* __restrict__ b, const float* __restrict__ rb, const float* __restrict__ ds, int n,
    int m, int d, int pieces, float* __restrict__ du) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(Along{ds, m}, n, UnitAcross{b, rb, d}, d, m, pieces, du, reinterpret_cast<float*>(room));
}

// ds' u (m, d).
KERNEL cosine_backward_b(const float* __restrict__ a, const float* __restrict__ ra, const float* __restrict__ ds, int n,
    int m, int d, int pieces, float* __restrict__ dv) {
    __shared__ float4 room[TILE_ROOM / 4];
    product(Across{ds, m}, m, UnitAcross{a, ra, d}, d, n, pieces, dv, reinterpret_cast<float*>(room));
}

// y = scale times the sum of the pieces, (pieces, n), in order; y may be the first of them.
KERNEL sum_of_pieces(const float* parts, float* y, i64 n, int pieces, float scale) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        float sum = parts[i];
        for (int piece = 1; piece < pieces; piece++) sum += parts[piece * n + i];
        y[i] = sum * scale;
    }
}
