/*
C = A B, version 5: two buffers.                                A (m, k), B (k, n), C (m, n), all row-major

idea     the next step is read into registers before this one is multiplied, and stored to the other of two buffers
         after it: memory answers while the multiply-adds run, and a step has one barrier instead of two
launch   grid = (ceil(n / 128) ceil(m / 128), 1), block = 256; 16.5 KiB static shared
traffic  as version 4
time     not measured yet on a GPU

This is the large tile of src/main/cuda/tile.cuh, which says how it is done. gemm.cu adds the other layouts, batches,
smaller tiles, and sums cut into parts.
*/
#include "../../src/main/cuda/tile.cuh"

KERNEL TILE_BOUNDS(Large) gemm_v5(const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c,
    int m, int n, int k) {
    __shared__ float4 shared[Large::SHARED];
    Work<Large> work(m, n);
    work.sum_over(k);
    Operands<AlongSum<Large, Large::ROWS>, AcrossSum<Large, Large::COLUMNS>> operands{
        {a, k, work.row, m, work.begin}, {b, n, work.column, n, work.begin}};
    Large tile;
    tile.multiply(operands, work.depth, shared);
    Work<Large> here(m, n);
    tile.write(c, n, here.row, m, here.column, n, in_quads(c, n), Neighbours());
}
