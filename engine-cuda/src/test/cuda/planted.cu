// Kernels with mistakes, to see that the emulator finds them; not part of the engine. See PlantedFaultsTest.
#include "../../../../kernels/src/main/cuda/packed.cuh"

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

// y (16, 64) = (u u') u of u (16, 64), packed, by two warps, as packed_weighted.cuh multiplies; with one mistake, or
// none.
enum Mistake { NONE, NO_WAIT, NO_BARRIER, COPIED_AS_IT_LIES, READ_AS_A, NOT_ACROSS, ALL_IN_ONE_BANK, HALF_A_QUAD };

template <int MISTAKE>
__device__ void planted_products(const uint4* u, float* y, uint4* room) {
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, e = threadIdx.x / QUADS, q = threadIdx.x % QUADS;
    for (int i = 0; i < 2; i++) {
        int at = packed_place(e + 8 * i, q);
        if (MISTAKE == COPIED_AS_IT_LIES || MISTAKE == ALL_IN_ONE_BANK) at = (e + 8 * i) * QUADS + q;
        copy_quad(room + at, u + (e + 8 * i) * QUADS + q, true);
    }
    commit_copies();
    if (MISTAKE == NO_WAIT) wait_copies<1>();
    else wait_copies<0>();
    if (MISTAKE != NO_BARRIER) __syncthreads();
    float s[2][4] = {};
    unsigned a[4], b[4];
    for (int k = 0; k < PANEL; k += 16) {
        int own = packed_lane<Reading::AS_A>(), other = packed_lane<Reading::AS_B>();
        const uint4* from = room;
        if (MISTAKE == READ_AS_A) other = own;
        if (MISTAKE == HALF_A_QUAD) from = reinterpret_cast<const uint4*>(reinterpret_cast<const float2*>(room) + 1);
        if (MISTAKE == ALL_IN_ONE_BANK) {
            own = (lane % 16 * QUADS + lane / 16 + k / 8) ^ k / 8;
            other = ((lane % 8 + lane / 16 * 8) * QUADS + lane / 8 % 2 + k / 8) ^ k / 8;
        }
        read_packed<Reading::AS_A>(from, own, 0, k, a);
        read_packed<Reading::AS_B>(from, other, 0, k, b);
        multiply_packed<0>(s[0], a, b);
        multiply_packed<1>(s[1], a, b);
    }
    pack_sums(s[0], s[1], a);
    for (int f = 32 * warp; f < 32 * warp + 32; f += 16) {
        float sum[2][4] = {};
        if (MISTAKE == NOT_ACROSS) read_packed<Reading::AS_B>(room, packed_lane<Reading::ACROSS>(), 0, f, b);
        else read_packed<Reading::ACROSS>(room, packed_lane<Reading::ACROSS>(), 0, f, b);
        multiply_packed<0>(sum[0], a, b);
        multiply_packed<1>(sum[1], a, b);
        for (int i = 0; i < 8; i++) {
            y[(lane / 4 + i % 4 / 2 * 8) * PANEL + f + i / 4 * 8 + lane % 4 * 2 + i % 2] = sum[i / 4][i % 4];
        }
    }
}

#define PLANTED_PRODUCTS(name, MISTAKE)                                                       \
    KERNEL planted_packed_##name(const uint4* __restrict__ u, float* __restrict__ y) {        \
        __shared__ uint4 room[16 * QUADS + 1];                                                \
        planted_products<MISTAKE>(u, y, room);                                                \
    }

PLANTED_PRODUCTS(right, NONE)
PLANTED_PRODUCTS(no_wait, NO_WAIT)
PLANTED_PRODUCTS(no_barrier, NO_BARRIER)
PLANTED_PRODUCTS(copied_as_it_lies, COPIED_AS_IT_LIES)
PLANTED_PRODUCTS(read_as_a, READ_AS_A)
PLANTED_PRODUCTS(not_across, NOT_ACROSS)
PLANTED_PRODUCTS(in_one_bank, ALL_IN_ONE_BANK)
PLANTED_PRODUCTS(half_a_quad, HALF_A_QUAD)
