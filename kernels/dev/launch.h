// Arrays and launches for the checks of kernels/dev/*/check.cu: on a GPU where nvcc compiles them, on the emulator of
// engine-cuda with -DON_EMULATOR. To be included before the kernels.
//
// What has never been written is NaN, and so are 256 bytes before and behind each array: who forgets an element, reads
// beyond an end or writes there, is found.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#ifdef ON_EMULATOR
#include "../../engine-cuda/src/test/cpp/emulator.h"
#include "../../engine-cuda/src/test/cpp/scheduler.h"
#endif

inline void* memory(size_t bytes) {
#ifdef ON_EMULATOR
    return std::aligned_alloc(256, (bytes + 255) / 256 * 256);
#else
    void* p = nullptr;
    if (cudaMallocManaged(&p, bytes) == cudaSuccess) return p;
    std::fprintf(stderr, "check: no GPU, or no memory on it\n");
    std::exit(2);
#endif
}

inline void release(void* p) {
#ifdef ON_EMULATOR
    std::free(p);
#else
    cudaFree(p);
#endif
}

// Numbers that kernels and the check can reach.
template <class T>
class Array {
public:
    explicit Array(size_t size) : size_(size), all_(static_cast<char*>(memory(size * sizeof(T) + 2 * FENCE))) {
        std::memset(all_, UNWRITTEN, size * sizeof(T) + 2 * FENCE);
    }
    Array(Array&& other) noexcept : size_(other.size_), all_(other.all_) { other.all_ = nullptr; }
    ~Array() {
        if (all_ != nullptr) release(all_);
    }
    operator T*() { return reinterpret_cast<T*>(all_ + FENCE); }
    operator const T*() const { return reinterpret_cast<const T*>(all_ + FENCE); }
    size_t size() const { return size_; }

    bool fenced() const {
        const char* behind = all_ + FENCE + size_ * sizeof(T);
        auto whole = [](char c) { return static_cast<unsigned char>(c) == UNWRITTEN; };
        return std::all_of(all_, all_ + FENCE, whole) && std::all_of(behind, behind + FENCE, whole);
    }

private:
    static constexpr size_t FENCE = 256;
    static constexpr unsigned char UNWRITTEN = 0xff;                 // all bits of a float or a double: NaN
    size_t size_;
    char* all_;
};

// Ends the program if the kernel cannot be started; on the emulator also if it hangs or traps.
template <class... P, class... A>
void launch(unsigned x, unsigned y, void (*kernel)(P...), A&&... arguments) {
#ifdef ON_EMULATOR
    std::string trouble = emulator::run({{x, y, 1}, {256, 1, 1}, 0}, [&] { kernel(static_cast<P>(arguments)...); });
    const char* why = trouble.empty() ? nullptr : trouble.c_str();
#else
    kernel<<<dim3(x, y), 256>>>(static_cast<P>(arguments)...);
    cudaError_t status = cudaGetLastError();
    const char* why = status == cudaSuccess ? nullptr : cudaGetErrorString(status);
#endif
    if (why == nullptr) return;
    std::fprintf(stderr, "check: %s\n", why);
    std::exit(1);
}

inline void finish() {
#ifndef ON_EMULATOR
    cudaError_t status = cudaDeviceSynchronize();
    if (status == cudaSuccess) return;
    std::fprintf(stderr, "check: %s\n", cudaGetErrorString(status));
    std::exit(1);
#endif
}

// In how many pieces of `each` n is cut.
inline unsigned cut(long long n, int each) { return static_cast<unsigned>((n + each - 1) / each); }

// The largest of |is - expected|; NaN, which no limit allows, as soon as one of them is.
template <class X, class Y>
double largest_error(const X& is, const Y& expected, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double error = std::fabs(static_cast<double>(is[i]) - expected[i]);
        if (std::isnan(error)) return error;
        most = std::max(most, error);
    }
    return most;
}

#ifndef ON_EMULATOR
// The median of eleven runs, in milliseconds, after a first one that is not counted.
template <class F>
float median_time(const F& run) {
    float times[12];
    cudaEvent_t begin, end;
    cudaEventCreate(&begin);
    cudaEventCreate(&end);
    for (float& time : times) {
        cudaEventRecord(begin);
        run();
        cudaEventRecord(end);
        finish();
        cudaEventElapsedTime(&time, begin, end);
    }
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    std::sort(times + 1, times + 12);
    return times[6];
}

inline const char* device_name() {
    static cudaDeviceProp device;
    cudaGetDeviceProperties(&device, 0);
    return device.name;
}
#endif
