// Kernels by name, as cuModuleGetFunction finds them.
#pragma once

#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace emulator {

struct Entry {
    std::string name;
    std::vector<size_t> parameter_bytes;
    // A call with its arguments, which are copied now, as a launch does.
    std::function<std::function<void()>(void**)> bind;
};

inline std::map<std::string, Entry>& registry() {
    static std::map<std::string, Entry> entries;
    return entries;
}

template <class... A, size_t... I>
std::tuple<A...> read(void** from, std::index_sequence<I...>) {
    std::tuple<A...> to;
    (std::memcpy(static_cast<void*>(&std::get<I>(to)), from[I], sizeof(std::get<I>(to))), ...);
    return to;
}

struct Register {
    template <class... A>
    Register(const char* name, void (*kernel)(A...)) {
        registry()[name] = {name, {sizeof(A)...}, [kernel](void** from) {
            auto arguments = read<A...>(from, std::index_sequence_for<A...>{});
            return std::function<void()>([kernel, arguments] { std::apply(kernel, arguments); });
        }};
    }
};

}  // namespace emulator
