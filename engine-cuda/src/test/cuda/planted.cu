// Kernels with mistakes, to see that the emulator finds them; not part of the engine. See PlantedFaultsTest.
#include "../../../../kernels/src/main/cuda/mma.cuh"

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

// Reads and writes one element too many: what it writes is made of the guard of x, a NaN like that of y.
KERNEL planted_overrun_of_both(const float* __restrict__ x, float* __restrict__ y, int n) {
    for (i64 i = first_element(); i <= n; i += all_threads()) y[i] = x[i] + 1;
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

// planted_reverse with copies that pass by the registers.
KERNEL planted_copied(const float* __restrict__ x, float* __restrict__ y) {
    __shared__ float tile[256];
    copy_one(tile + threadIdx.x, x + blockIdx.x * 256 + threadIdx.x, true);
    commit_copies();
    wait_copies<0>();
    __syncthreads();
    y[blockIdx.x * 256 + threadIdx.x] = tile[255 - threadIdx.x];
}

// The same without waiting for them.
KERNEL planted_no_wait(const float* __restrict__ x, float* __restrict__ y) {
    __shared__ float tile[256];
    copy_one(tile + threadIdx.x, x + blockIdx.x * 256 + threadIdx.x, true);
    commit_copies();
    wait_copies<1>();
    __syncthreads();
    y[blockIdx.x * 256 + threadIdx.x] = tile[255 - threadIdx.x];
}

// Asks for the second round's copies while the first round is read from where they go.
KERNEL planted_copied_too_early(const float* __restrict__ x, float* __restrict__ y, int rounds) {
    __shared__ float tile[256];
    copy_one(tile + threadIdx.x, x + threadIdx.x, true);
    commit_copies();
    float sum = 0;
    for (int round = 1; round <= rounds; round++) {
        wait_copies<0>();
        __syncthreads();
        copy_one(tile + threadIdx.x, x + round * 256 + threadIdx.x, round < rounds);
        commit_copies();
        sum += tile[255 - threadIdx.x];
        __syncthreads();
    }
    y[threadIdx.x] = sum;
}

// Half a warp on tensor cores.
KERNEL planted_half_a_warp(float* __restrict__ y) {
    if (threadIdx.x % WARP >= WARP / 2) return;
    Stripe ones;
    for (int s = 0; s < 4; s++) ones.of[s][0] = ones.of[s][1] = Tf32::rounded(1);
    float sum[4] = {0, 0, 0, 0};
    Tf32::multiply(sum, ones, 0, ones, 0);
    y[threadIdx.x] = sum[0];
}
