// What a .cu file needs to be compiled as C++ and run on a processor: the words of CUDA, threads as fibers, barriers,
// shuffles, shared memory, atomics. Included before every kernel file by build.sh; nvcc never sees it.
//
// One fiber per thread of a block, blocks one after the other, all on one thread of the processor. Warps run ahead of
// each other by random amounts (see scheduler.cpp), so that a missing barrier shows. Shared memory is filled with NaN
// before every block.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define CUDA_EMULATOR 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __restrict__ __restrict
// All statics of a block in one section, so that they can be filled with NaN before the next one.
#define __shared__ static __attribute__((section("emulated_shared")))

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
};
struct alignas(8) float2 {
    float x, y;
};
struct float3 {
    float x, y, z;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(16) int4 {
    int x, y, z, w;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float3 make_float3(float x, float y, float z) { return {x, y, z}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace emulator {
extern uint3 thread_index, block_index;   // of the fiber that runs
extern dim3 block_extent, grid_extent;
void barrier(const char* file, int line);
uint64_t exchange(unsigned mask, uint64_t value, int source, const char* file, int line);
unsigned vote(unsigned mask, bool yes, const char* file, int line);
void* dynamic_shared();
int lane();
// Copies that pass by: done when they are waited for, or at random before. `bytes` of `room`, then zeros.
void copy_later(void* to, const void* from, size_t bytes, size_t room, const char* file, int line);
void commit_copies();
void wait_copies(int left);
// Waits until the whole warp has come with the same `work`, which is then done once, on what each lane brings.
void together(void (*work)(void** of_lanes), void* of_this_lane, const char* file, int line);
// ldmatrix of four matrices, as they lie or transposed: 32 bits of each for a lane. Rows that meet in a bank are a
// fault.
void load_matrices(const void* row, void* value, bool transposed, const char* file, int line);
// Tensor cores (tensor_cores.cpp): numbers as they round them, and products of 16 x 8 or 16 x 16 by 8 x 8 or 16 x 8.
unsigned tf32(float x);
unsigned bf16(float x);
void mma_tf32(float* sum, const unsigned* upper, const unsigned* lower, const unsigned* b, const char* file, int line);
void mma_bf16(float* sum, const unsigned* upper, const unsigned* lower, const unsigned* b, const char* file, int line);
[[noreturn]] void trap(const char* why, const char* file, int line);

template <class T>
T exchanged(unsigned mask, T value, int source, const char* file, int line) {
    static_assert(sizeof(T) <= 8, "a shuffle moves at most 8 bytes");
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    bits = exchange(mask, bits, source, file, line);
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}

// The lanes whose value is the same.
template <class T>
unsigned matching(unsigned mask, T value, const char* file, int line) {
    unsigned same = 0;
    for (int other = 0; other < 32; other++) {
        bool equal = exchanged(mask, value, other, file, line) == value;
        if (equal && (mask >> other & 1)) same |= 1u << other;
    }
    return same;
}
}  // namespace emulator

#define threadIdx ::emulator::thread_index
#define blockIdx ::emulator::block_index
#define blockDim ::emulator::block_extent
#define gridDim ::emulator::grid_extent
#define warpSize 32

#define __syncthreads() ::emulator::barrier(__FILE__, __LINE__)
#define __syncwarp(...) ((void)::emulator::vote(0xffffffffu, true, __FILE__, __LINE__))
#define __shfl_sync(mask, v, source) ::emulator::exchanged(mask, v, (source) & 31, __FILE__, __LINE__)
#define __shfl_xor_sync(mask, v, with) ::emulator::exchanged(mask, v, ::emulator::lane() ^ (with), __FILE__, __LINE__)
#define __shfl_down_sync(mask, v, by)                                                                            \
    ::emulator::exchanged(mask, v, ::emulator::lane() + (by) < 32 ? ::emulator::lane() + (by) : ::emulator::lane(), \
        __FILE__, __LINE__)
#define __shfl_up_sync(mask, v, by)                                                                         \
    ::emulator::exchanged(mask, v, ::emulator::lane() >= (by) ? ::emulator::lane() - (by) : ::emulator::lane(), \
        __FILE__, __LINE__)
#define __ballot_sync(mask, yes) ::emulator::vote(mask, yes, __FILE__, __LINE__)
#define __match_any_sync(mask, v) ::emulator::matching(mask, v, __FILE__, __LINE__)
#define __any_sync(mask, yes) (::emulator::vote(mask, yes, __FILE__, __LINE__) != 0)
#define __trap() ::emulator::trap("__trap", __FILE__, __LINE__)

template <class T>
static inline T __ldg(const T* p) { return *p; }

static inline float atomicAdd(float* to, float v) { float old = *to; *to = old + v; return old; }
static inline int atomicAdd(int* to, int v) { int old = *to; *to = old + v; return old; }
static inline unsigned atomicAdd(unsigned* to, unsigned v) { unsigned old = *to; *to = old + v; return old; }
static inline int atomicMax(int* to, int v) { int old = *to; if (v > old) *to = v; return old; }
static inline void __threadfence() {}
static inline void __threadfence_block() {}

static inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
static inline double rsqrt(double x) { return 1 / std::sqrt(x); }
// The C library has functions of these names for itself.
#define __expf(x) std::exp(static_cast<float>(x))
#define __logf(x) std::log(static_cast<float>(x))
static inline float __fdividef(float x, float y) { return x / y; }
static inline float __fmaf_rn(float x, float y, float z) { return std::fma(x, y, z); }
static inline float __fmul_rn(float x, float y) { return x * y; }
static inline float __fadd_rn(float x, float y) { return x + y; }
static inline float __frcp_rn(float x) { return 1 / x; }
static inline int __float_as_int(float x) { int i; std::memcpy(&i, &x, 4); return i; }
static inline float __int_as_float(int i) { float x; std::memcpy(&x, &i, 4); return x; }
static inline unsigned __float_as_uint(float x) { unsigned i; std::memcpy(&i, &x, 4); return i; }
static inline float __uint_as_float(unsigned i) { float x; std::memcpy(&x, &i, 4); return x; }
static inline unsigned __umulhi(unsigned x, unsigned y) { return unsigned(uint64_t(x) * y >> 32); }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int min(int x, int y) { return x < y ? x : y; }
static inline int max(int x, int y) { return x > y ? x : y; }
static inline unsigned min(unsigned x, unsigned y) { return x < y ? x : y; }
static inline long long min(long long x, long long y) { return x < y ? x : y; }
static inline long long max(long long x, long long y) { return x > y ? x : y; }
using std::exp;
using std::isinf;
using std::isnan;
using std::log;
using std::sqrt;
