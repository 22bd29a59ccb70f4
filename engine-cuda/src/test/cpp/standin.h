// What stand-ins for NVIDIA's libraries have in common: they work on the emulator's memory, in the order of its stream.
#pragma once
#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>

#define API extern "C" __attribute__((visibility("default")))

namespace standin {

// A function of the emulator, which is loaded already, as the real libraries find the driver.
template <typename F>
F* emulator(const char* name) {
    static void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD);
    void* function = driver == nullptr ? nullptr : dlsym(driver, name);
    if (function == nullptr) {
        std::fprintf(stderr, "stand-in: the emulator is not loaded\n");
        std::abort();
    }
    return reinterpret_cast<F*>(function);
}

inline bool inside(const void* address, size_t bytes) {
    return emulator<int(uint64_t, size_t)>("emulator_inside")(reinterpret_cast<uint64_t>(address), bytes) != 0;
}

inline int enqueue(std::function<void()> work) {
    auto run = [](void* data) { (*static_cast<std::function<void()>*>(data))(); };
    auto drop = [](void* data) { delete static_cast<std::function<void()>*>(data); };
    return emulator<int(void (*)(void*), void*, void (*)(void*))>("emulator_enqueue")(
        run, new std::function<void()>(std::move(work)), drop);
}

// x rounded to `bits` bits of significand, ties to even.
inline float rounded(float x, int bits) {
    if (bits >= 24) return x;
    uint32_t word;
    std::memcpy(&word, &x, 4);
    int drop = 24 - bits;
    word += (1u << (drop - 1)) - 1 + (word >> drop & 1);
    word &= ~((1u << drop) - 1);
    std::memcpy(&x, &word, 4);
    return x;
}

inline int number(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : std::atoi(text);
}

}  // namespace standin
