/*
C = A B, version 6: tensor cores.                               A (m, k), B (k, n), C (m, n), all row-major

idea     a warp multiplies 16 x 8 by 8 x 8 numbers with one instruction, of factors rounded to TensorFloat-32 (11 bits of
         significand); steps of 32 values of k are copied to shared memory past the registers, two on their way while
         one is multiplied
launch   grid = (ceil(n / 128) ceil(m / 128), 1), block = 256; 96 KiB dynamic shared; compute capability 8.0
traffic  from L2 as version 4. Shared memory: 8 warps with 32 x 64 sums read 6 bytes for 32 products, with 1 instruction
         for 170 products
time     not measured yet on a GPU

This is the large tile of src/main/cuda/mma_tile.cuh, and mma.cuh says which lane holds what. gemm_mma.cuh adds bfloat16,
the other layouts, batches, smaller tiles, and sums cut into parts.
*/
#include "../../src/main/cuda/mma_tile.cuh"

KERNEL MMA_BOUNDS(LargeMma<Tf32>) gemm_v6(const float* __restrict__ a, const float* __restrict__ b,
    float* __restrict__ c, int m, int n, int k) {
    using T = LargeMma<Tf32>;
    SHARED_BYTES(shared);
    Work<T> work(m, n);
    work.sum_over(k);
    OperandsCopied<AlongSumCopied<T, T::ROWS>, AcrossSumCopied<T, T::COLUMNS>> operands{
        {a, k, work.row, m, work.begin}, {b, n, work.column, n, work.begin}};
    T tile;
    tile.multiply(operands, work.depth, shared);
    Work<T> here(m, n);
    tile.write(c, n, here.row, m, here.column, n, in_quads(c, n), Neighbours());
}
