// What all kernel files share: how shared memory of a size known at launch is named, loops over elements, and sums over
// a warp and a block in a fixed order.
//
// The files are compiled by nvcc, and by a C++ compiler for tests on machines without a GPU. So: entry points are
// extern "C" and no templates; shared arrays are declared in entry points; inline PTX stands in functions that have a
// plain form beside it.
#pragma once

#ifdef CUDA_EMULATOR
#define SHARED_BYTES(name) unsigned char* name = static_cast<unsigned char*>(emulator::dynamic_shared())
#else
#define SHARED_BYTES(name) extern __shared__ __align__(16) unsigned char name[]
#endif

#define KERNEL extern "C" __global__ void

constexpr int WARP = 32;
constexpr unsigned ALL_LANES = 0xffffffffu;

using i64 = long long;

// for (i64 i = first_element(); i < n; i += all_threads()): neighbours in a warp take neighbours in memory.
__device__ __forceinline__ i64 first_element() { return static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ __forceinline__ i64 all_threads() { return static_cast<i64>(gridDim.x) * blockDim.x; }

// store(i, load(i)) for each of n elements, for updates in place. A thread loads BATCH elements before it stores the first:
// a compiler may not move the load of one element before the store of another in the same array, and one element a
// thread on its way is not enough to keep a large memory busy.
constexpr int BATCH = 4;

template <class Load, class Store>
__device__ __forceinline__ void each_element(i64 n, const Load& load, const Store& store) {
    i64 i = first_element(), step = all_threads();
    for (; i + (BATCH - 1) * step < n; i += BATCH * step) {
        decltype(load(i)) x[BATCH];
#pragma unroll
        for (int k = 0; k < BATCH; k++) x[k] = load(i + k * step);
#pragma unroll
        for (int k = 0; k < BATCH; k++) store(i + k * step, x[k]);
    }
    for (; i < n; i += step) store(i, load(i));
}

__device__ __forceinline__ float infinity() { return __int_as_float(0x7f800000); }

// x, of which the compiler does not know that it had it before: what follows from it is computed again, and holds no
// registers between. Without it large tiles need a few registers more than 128, and spill.
__device__ __forceinline__ int again(int x) {
#ifndef CUDA_EMULATOR
    asm volatile("" : "+r"(x));
#endif
    return x;
}

// max that is NaN if either is NaN, as the operations say.
__device__ __forceinline__ float max_or_nan(float x, float y) { return x > y || x != x ? x : y; }

// Sum over a warp, in every lane: a butterfly, so that all lanes add in the same order.
__device__ __forceinline__ float warp_sum(float x) {
    for (int step = WARP / 2; step > 0; step /= 2) x += __shfl_xor_sync(ALL_LANES, x, step);
    return x;
}

__device__ __forceinline__ double warp_sum(double x) {
    for (int step = WARP / 2; step > 0; step /= 2) x += __shfl_xor_sync(ALL_LANES, x, step);
    return x;
}

__device__ __forceinline__ float warp_max(float x) {
    for (int step = WARP / 2; step > 0; step /= 2) x = max_or_nan(x, __shfl_xor_sync(ALL_LANES, x, step));
    return x;
}

// Over a block of whole warps; `parts` has room for one number a warp, 32 at most. Every thread gets the result. Safe
// to be called again with the same `parts`.
template <class T>
__device__ __forceinline__ T block_sum(T x, T* parts) {
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    x = warp_sum(x);
    __syncthreads();
    if (lane == 0) parts[warp] = x;
    __syncthreads();
    x = lane < warps ? parts[lane] : T(0);
    return warp_sum(x);
}

__device__ __forceinline__ float block_max(float x, float* parts) {
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    x = warp_max(x);
    __syncthreads();
    if (lane == 0) parts[warp] = x;
    __syncthreads();
    x = lane < warps ? parts[lane] : -infinity();
    return warp_max(x);
}

// How a small tensor repeats inside a large one: invar.core.spi.Broadcast, the innermost merged axis first.
struct Repeat {
    int axes;
    int extent[8];
    i64 stride[8];             // of the small tensor, in elements; 0 where it repeats

    // The place in the small tensor of element i of the large one.
    __device__ __forceinline__ i64 place(i64 i) const {
        if (axes == 1) return i * stride[0];                 // the same shape, or a scalar
        i64 at = 0;
        for (int axis = 0; axis < axes; axis++) {
            at += i % extent[axis] * stride[axis];
            i /= extent[axis];
        }
        return at;
    }
};
