// Compares the versions with the product in 64-bit integers, on small integers of which f32 makes exact sums; on a GPU
// it measures them, too. check.sh compiles it, with nvcc or for the emulator.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#ifdef ON_EMULATOR
#include "../../../engine-cuda/src/test/cpp/emulator.h"
#include "../../../engine-cuda/src/test/cpp/scheduler.h"
#endif

#include "v1_naive.cu"
#include "v2_shared.cu"
#include "v3_registers.cu"
#include "v4_quads.cu"
#include "v5_two_buffers.cu"
#include "v6_tensor_cores.cu"

using Kernel = void (*)(const float*, const float*, float*, int, int, int);

struct Version {
    const char* name;
    Kernel kernel;
    int columns, rows, block_x, block_y;                 // of C for a block; threads
    bool flat;                                           // all tiles along x
    int shared;                                          // bytes that are asked for at launch
};

const Version VERSIONS[] = {
    {"v1_naive", gemm_v1, 32, 8, 32, 8, false, 0},
    {"v2_shared", gemm_v2, 32, 32, 32, 8, false, 0},
    {"v3_registers", gemm_v3, 128, 128, 256, 1, false, 0},
    {"v4_quads", gemm_v4, 128, 128, 256, 1, false, 0},
    {"v5_two_buffers", gemm_v5, 128, 128, 256, 1, true, 0},
    {"v6_tensor_cores", gemm_v6, 128, 128, 256, 1, true, LargeMma<Tf32>::SHARED},
};

struct Problem {
    int m, n, k;
    const float *a, *b;
    float* c;
};

#ifdef ON_EMULATOR
float* numbers(size_t n) {
    return static_cast<float*>(std::aligned_alloc(256, (n * sizeof(float) + 255) / 256 * 256));
}
void release(const float* p) { std::free(const_cast<float*>(p)); }

void start(const Version& v, unsigned x, unsigned y, const Problem& p) {
    std::string trouble = emulator::run({{x, y, 1}, {unsigned(v.block_x), unsigned(v.block_y), 1}, size_t(v.shared)},
        [&] { v.kernel(p.a, p.b, p.c, p.m, p.n, p.k); });
    if (trouble.empty()) return;
    std::fprintf(stderr, "%s: %s\n", v.name, trouble.c_str());
    std::exit(1);
}
void finish(const char*) {}
#else
float* numbers(size_t n) {
    float* p = nullptr;
    if (cudaMallocManaged(&p, n * sizeof(float)) == cudaSuccess) return p;
    std::fprintf(stderr, "check: no GPU, or no memory on it\n");
    std::exit(2);
}
void release(const float* p) { cudaFree(const_cast<float*>(p)); }

void start(const Version& v, unsigned x, unsigned y, const Problem& p) {
    if (v.shared > 0) cudaFuncSetAttribute(v.kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, v.shared);
    v.kernel<<<dim3(x, y), dim3(v.block_x, v.block_y), v.shared>>>(p.a, p.b, p.c, p.m, p.n, p.k);
}
void finish(const char* name) {
    cudaError_t status = cudaDeviceSynchronize();
    if (status == cudaSuccess) return;
    std::fprintf(stderr, "%s: %s\n", name, cudaGetErrorString(status));
    std::exit(1);
}
#endif

void start(const Version& v, const Problem& p) {
    unsigned right = (p.n - 1) / v.columns + 1, down = (p.m - 1) / v.rows + 1;
    start(v, v.flat ? right * down : right, v.flat ? 1 : down, p);
}

Problem problem(int m, int n, int k) {
    float *a = numbers(size_t(m) * k), *b = numbers(size_t(k) * n);
    unsigned state = 1;
    auto next = [&] { return float(int((state = state * 1664525u + 1013904223u) >> 24) % 9 - 4); };
    std::generate(a, a + size_t(m) * k, next);
    std::generate(b, b + size_t(k) * n, next);
    return {m, n, k, a, b, numbers(size_t(m) * n)};
}

void release(const Problem& p) {
    release(p.a);
    release(p.b);
    release(p.c);
}

int check(int m, int n, int k) {
    Problem p = problem(m, n, k);
    std::vector<long long> expected(size_t(m) * n);
    for (int i = 0; i < m; i++) {
        for (int l = 0; l < k; l++) {
            for (int j = 0; j < n; j++) {
                expected[size_t(i) * n + j] += (long long)(p.a[size_t(i) * k + l] * p.b[size_t(l) * n + j]);
            }
        }
    }
    int wrong = 0;
    for (const Version& v : VERSIONS) {
        std::fill_n(p.c, size_t(m) * n, -1e9f);
        start(v, p);
        finish(v.name);
        long long bad = 0;
        for (size_t i = 0; i < expected.size(); i++) bad += p.c[i] != float(expected[i]);
        if (bad > 0) std::printf("%s, m %d n %d k %d: %lld elements are wrong\n", v.name, m, n, k, bad);
        wrong += bad > 0;
    }
    release(p);
    return wrong;
}

#ifndef ON_EMULATOR
// The median of eleven runs after a first one that is not counted.
void measure(int size) {
    Problem p = problem(size, size, size);
    cudaDeviceProp device;
    cudaGetDeviceProperties(&device, 0);
    std::printf("%s, m = n = k = %d\n", device.name, size);
    for (const Version& v : VERSIONS) {
        float times[12];
        cudaEvent_t begin, end;
        cudaEventCreate(&begin);
        cudaEventCreate(&end);
        for (float& time : times) {
            cudaEventRecord(begin);
            start(v, p);
            cudaEventRecord(end);
            finish(v.name);
            cudaEventElapsedTime(&time, begin, end);
        }
        cudaEventDestroy(begin);
        cudaEventDestroy(end);
        std::sort(times + 1, times + 12);
        std::printf("%-16s %9.3f ms %8.2f TFLOP/s\n", v.name, times[6], 2e-9 * size * size * size / times[6]);
    }
    release(p);
}
#endif

int main() {
    int wrong = check(136, 132, 44) + check(33, 64, 8) + check(5, 4, 100) + check(257, 260, 20);
    if (wrong > 0) return 1;
    std::printf("all versions agree with the product in integers\n");
#ifndef ON_EMULATOR
    for (int size : {512, 1024, 4096}) measure(size);
#endif
    return 0;
}
