// Runs a grid of fibers; see scheduler.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace emulator {

struct Launch {
    unsigned grid[3], block[3];
    size_t dynamic_shared;
};

// Runs `kernel` once for every thread of the launch. Returns an empty text, or what went wrong: a deadlock, a trap.
std::string run(const Launch& launch, const std::function<void()>& kernel);

// From now on warps run ahead of each other as this seed says; 0: in turn.
void seed(uint64_t value);

// Text like "%s at softmax.cu:31".
std::string place(const char* file, int line);

}  // namespace emulator
