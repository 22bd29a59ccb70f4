// Kernels with mistakes, to see that the emulator finds them; not part of the engine. See PlantedFaultsTest.
#include "../../../../kernels/src/main/cuda/common.cuh"

// y[i] = x[n - 1 - i] of each block of 256, through shared memory.
KERNEL planted_reverse(const float* __restrict__ x, float* __restrict__ y) {
    __shared__ float tile[256];
    tile[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
    __syncthreads();
    y[blockIdx.x * 256 + threadIdx.x] = tile[255 - threadIdx.x];
}

// The same without the barrier.
KERNEL planted_no_barrier(const float* __restrict__ x, float* __restrict__ y) {
    __shared__ float tile[256];
    tile[threadIdx.x] = x[blockIdx.x * 256 + threadIdx.x];
    y[blockIdx.x * 256 + threadIdx.x] = tile[255 - threadIdx.x];
}

// A second round writes into the tile while others still read the first one from it.
KERNEL planted_no_second_barrier(const float* __restrict__ x, float* __restrict__ y, int rounds) {
    __shared__ float tile[256];
    float sum = 0;
    for (int round = 0; round < rounds; round++) {
        tile[threadIdx.x] = x[round * 256 + threadIdx.x];
        __syncthreads();
        sum += tile[255 - threadIdx.x];
    }
    y[threadIdx.x] = sum;
}

// Half of the block waits for the other half, which has gone.
KERNEL planted_deadlock(float* __restrict__ y) {
    if (threadIdx.x < 128) {
        y[threadIdx.x] = 1;
        __syncthreads();
    }
    if (threadIdx.x >= 128) y[threadIdx.x] = warp_sum(2.0f);
    if (threadIdx.x % 2 == 0) y[threadIdx.x] = __shfl_xor_sync(ALL_LANES, 1.0f, 1);
    else if (threadIdx.x == 1) __syncthreads();
}

// Writes one element too many.
KERNEL planted_overrun(float* __restrict__ y, int n) {
    for (i64 i = first_element(); i <= n; i += all_threads()) y[i] = 1;
}

// Adds up what nobody wrote.
KERNEL planted_uninitialised(float* __restrict__ y) {
    __shared__ float tile[256];
    if (threadIdx.x > 0) tile[threadIdx.x] = 1;
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < 256; i++) sum += tile[i];
    y[threadIdx.x] = sum;
}
