// A stand-in for libcuda.so.1: the functions of the driver that the backend calls, over ordinary memory and fibers.
//
// - Work is queued and done when somebody waits, as on a GPU: who uses a buffer again too early gets wrong numbers.
// - Every allocation has guard zones on both sides, which are looked at after every kernel, and is filled with NaN.
// - A fault (a deadlock, a write out of bounds, an injected one) makes every later call fail, as on a GPU.
// - emulator_* inject faults, count what is allocated, and say what went wrong.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "registry.h"
#include "scheduler.h"

namespace {

enum Status {
    SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, DEVICE_UNAVAILABLE = 46, NO_DEVICE = 100, INVALID_DEVICE = 101,
    INVALID_CONTEXT = 201, NO_BINARY = 209, INVALID_PTX = 218, UNSUPPORTED_PTX = 222, INVALID_HANDLE = 400,
    NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719, STREAM_CAPTURE = 900,
    CAPTURE_INVALIDATED = 901
};

struct Allocation {
    uint64_t address;
    size_t bytes;
    uint32_t pattern;                    // of its guards
};

struct Function {
    emulator::Entry* entry;
    int dynamic_shared_limit;
};

struct Module {
    std::string text;
    std::map<std::string, std::unique_ptr<Function>> functions;
};

using Work = std::function<void()>;

struct Graph {
    std::vector<Work> work;
};

constexpr size_t GUARD = 256;

std::map<uint64_t, Allocation> allocations;
std::map<void*, size_t> pinned;
std::deque<Work> queue;
Graph* capturing = nullptr;
bool capture_broken;                     // by a call that a capture forbids
int sticky = SUCCESS;
std::string fault_text;
long long allocated_bytes, peak_bytes, limit_bytes = 8ll << 30, launches, live_modules, live_graphs, live_events,
    live_streams, retained;
long long allocations_until_failure = -1, launches_until_failure = -1;
constexpr int MOST_DEVICES = 8;
int contexts[MOST_DEVICES], streams[MOST_DEVICES];       // one of each a device
long long devices_told;                                  // how many there are; 0: as the environment says
thread_local int current = -1;                           // the device whose context this thread is in

int number(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::atoi(text);
}

int device_count() { return devices_told > 0 ? static_cast<int>(devices_told) : number("EMULATOR_DEVICES", 1); }

// EMULATOR_REFUSE="cuStreamCreate 2", or "cuMemHostAlloc 2 1": that call returns 2, from the first, or after 1 success.
int refused(const char* call) {
    static int calls;
    const char* text = std::getenv("EMULATOR_REFUSE");
    char name[64];
    int status, successes = 0;
    if (text == nullptr || std::sscanf(text, "%63s %d %d", name, &status, &successes) < 2) return SUCCESS;
    return std::strcmp(name, call) == 0 && calls++ >= successes ? status : int(SUCCESS);
}

// A NaN of its own for each allocation: arithmetic passes a NaN on as it is, so what a kernel makes of the guard of
// its input and writes over that of its output would otherwise leave it intact.
uint32_t next_pattern() {
    static uint32_t made;
    return 0xFFC00001u | (++made * 2654435761u >> 10 << 1 & 0x3FFFFEu);
}

void fill(uint64_t address, size_t bytes, uint32_t pattern) {
    uint32_t* words = reinterpret_cast<uint32_t*>(address);
    for (size_t i = 0; i < bytes / 4; i++) words[i] = pattern;
}

void fail(int status, const std::string& text) {
    if (sticky != SUCCESS) return;
    sticky = status;
    fault_text = text;
    std::fprintf(stderr, "emulator: %s\n", text.c_str());
}

bool intact(uint64_t address, uint32_t pattern) {
    const uint32_t* words = reinterpret_cast<const uint32_t*>(address);
    for (size_t i = 0; i < GUARD / 4; i++) {
        if (words[i] != pattern) return false;
    }
    return true;
}

size_t padded(size_t bytes) { return (bytes + GUARD - 1) / GUARD * GUARD; }

void check_guards(const std::string& after) {
    for (auto& [address, allocation] : allocations) {
        // The guard behind begins at the last byte of the allocation, not of its padding.
        bool behind = intact(address + padded(allocation.bytes), allocation.pattern);
        for (size_t i = allocation.bytes; i < padded(allocation.bytes); i++) {
            behind = behind && reinterpret_cast<unsigned char*>(address)[i]
                == reinterpret_cast<const unsigned char*>(&allocation.pattern)[i % 4];
        }
        if (!intact(address - GUARD, allocation.pattern) || !behind) {
            fail(ILLEGAL_ADDRESS, after + " wrote outside of an allocation of " + std::to_string(allocation.bytes)
                + " bytes");
            return;
        }
    }
}

// Does a range lie inside one allocation?
bool inside(uint64_t address, size_t bytes) {
    auto next = allocations.upper_bound(address);
    if (next == allocations.begin()) return false;
    const Allocation& a = std::prev(next)->second;
    return address >= a.address && address + bytes <= a.address + a.bytes;
}

int flush() {
    while (!queue.empty() && sticky == SUCCESS) {
        Work work = std::move(queue.front());
        queue.pop_front();
        work();
    }
    if (sticky != SUCCESS) queue.clear();
    return sticky;
}

int enqueue(Work work) {
    if (sticky != SUCCESS) return sticky;
    if (capturing != nullptr) capturing->work.push_back(std::move(work));
    else queue.push_back(std::move(work));
    return SUCCESS;
}

int copy(uint64_t to, uint64_t from, size_t bytes, bool to_device, bool from_device) {
    if (bytes == 0) return SUCCESS;
    if ((to_device && !inside(to, bytes)) || (from_device && !inside(from, bytes))) return INVALID_VALUE;
    return enqueue([=] { std::memcpy(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes); });
}

bool forbidden_in_capture() {
    if (capturing != nullptr) capture_broken = true;
    return capturing != nullptr;
}

}  // namespace

#define API extern "C" __attribute__((visibility("default"))) int
#define DEVICE(address, bytes) address, bytes

API cuInit(unsigned) {
    int status = number("EMULATOR_INIT", SUCCESS);
    return status;
}
API cuDriverGetVersion(int* version) {
    *version = number("EMULATOR_VERSION", 13000);
    return refused("cuDriverGetVersion");
}
API cuDeviceGetCount(int* count) { *count = device_count(); return SUCCESS; }
API cuDeviceGet(int* device, int ordinal) {
    if (ordinal < 0 || ordinal >= device_count()) return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}
API cuDeviceGetName(char* name, int length, int) { std::snprintf(name, length, "Emulated device"); return SUCCESS; }
API cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = limit_bytes; return SUCCESS; }
API cuDeviceGetAttribute(int* value, int attribute, int) {
    switch (attribute) {
        case 1: *value = 1024; return SUCCESS;                       // threads a block
        case 8: *value = 48 << 10; return SUCCESS;                   // shared memory a block
        case 97: *value = 227 << 10; return SUCCESS;                 // the same after opting in
        case 16: *value = 4; return SUCCESS;                         // multiprocessors
        case 75: *value = number("EMULATOR_CAPABILITY", 90) / 10; return SUCCESS;
        case 76: *value = number("EMULATOR_CAPABILITY", 90) % 10; return SUCCESS;
        default: return INVALID_VALUE;
    }
}
API cuDevicePrimaryCtxRetain(void** context, int device) {
    if (int status = refused("cuDevicePrimaryCtxRetain")) return status;
    *context = &contexts[device];
    retained++;
    return SUCCESS;
}
API cuDevicePrimaryCtxRelease_v2(int) { retained--; return SUCCESS; }
API cuDevicePrimaryCtxRelease(int device) { return cuDevicePrimaryCtxRelease_v2(device); }
API cuCtxSetCurrent(void* context) {
    current = context == nullptr ? -1 : static_cast<int>(static_cast<int*>(context) - contexts);
    return SUCCESS;
}
API cuCtxGetCurrent(void** context) { *context = current < 0 ? nullptr : &contexts[current]; return SUCCESS; }
API cuCtxSynchronize() { return flush(); }

API cuStreamCreate(void** stream, unsigned) {
    if (current < 0) return INVALID_CONTEXT;
    if (int status = refused("cuStreamCreate")) return status;
    *stream = &streams[current];
    live_streams++;
    return SUCCESS;
}
API cuStreamDestroy_v2(void*) { live_streams--; return SUCCESS; }
API cuStreamDestroy(void* stream) { return cuStreamDestroy_v2(stream); }
API cuStreamSynchronize(void*) { return forbidden_in_capture() ? int(STREAM_CAPTURE) : flush(); }

// An event notes the host's time when the work before it is done. The time is shared with what is queued, because an
// event may be destroyed before that.
struct Event {
    bool timing;
    std::shared_ptr<double> milliseconds = std::make_shared<double>(-1);
};

API cuEventCreate(void** event, unsigned flags) {
    if (int status = refused("cuEventCreate")) return status;
    *event = new Event{(flags & 2) == 0};
    live_events++;
    return SUCCESS;
}
API cuEventDestroy_v2(void* event) { delete static_cast<Event*>(event); live_events--; return SUCCESS; }
API cuEventDestroy(void* event) { return cuEventDestroy_v2(event); }
API cuEventRecord(void* event, void*) {
    auto milliseconds = static_cast<Event*>(event)->milliseconds;
    *milliseconds = -1;
    return enqueue([=] {
        auto now = std::chrono::steady_clock::now().time_since_epoch();
        *milliseconds = std::chrono::duration<double, std::milli>(now).count();
    });
}
API cuEventSynchronize(void*) { return forbidden_in_capture() ? int(STREAM_CAPTURE) : flush(); }
API cuEventElapsedTime(float* milliseconds, void* from, void* to) {
    Event* first = static_cast<Event*>(from);
    Event* second = static_cast<Event*>(to);
    if (sticky != SUCCESS) return sticky;
    if (!first->timing || !second->timing) return INVALID_HANDLE;
    if (*first->milliseconds < 0 || *second->milliseconds < 0) return NOT_READY;
    *milliseconds = static_cast<float>(*second->milliseconds - *first->milliseconds);
    return SUCCESS;
}

API cuMemAlloc_v2(uint64_t* address, size_t bytes) {
    if (sticky != SUCCESS) return sticky;
    if (current < 0) return INVALID_CONTEXT;
    if (forbidden_in_capture()) return STREAM_CAPTURE;
    if (bytes == 0) return INVALID_VALUE;
    if (allocations_until_failure == 0) return OUT_OF_MEMORY;
    if (allocations_until_failure > 0) allocations_until_failure--;
    if (allocated_bytes + static_cast<long long>(bytes) > limit_bytes) return OUT_OF_MEMORY;
    void* memory = nullptr;
    if (posix_memalign(&memory, GUARD, padded(bytes) + 2 * GUARD) != 0) return OUT_OF_MEMORY;
    *address = reinterpret_cast<uint64_t>(memory) + GUARD;
    uint32_t pattern = next_pattern();
    fill(*address - GUARD, padded(bytes) + 2 * GUARD, pattern);
    allocations[*address] = {*address, bytes, pattern};
    allocated_bytes += bytes;
    peak_bytes = std::max(peak_bytes, allocated_bytes);
    return SUCCESS;
}
API cuMemAlloc(uint64_t* address, size_t bytes) { return cuMemAlloc_v2(address, bytes); }
API cuMemFree_v2(uint64_t address) {
    int status = flush();
    auto found = allocations.find(address);
    if (found == allocations.end()) return INVALID_VALUE;
    check_guards("something");
    allocated_bytes -= found->second.bytes;
    std::memset(reinterpret_cast<void*>(address - GUARD), 0xFF, padded(found->second.bytes) + 2 * GUARD);
    std::free(reinterpret_cast<void*>(address - GUARD));
    allocations.erase(found);
    return status;
}
API cuMemFree(uint64_t address) { return cuMemFree_v2(address); }
API cuMemGetInfo_v2(size_t* free, size_t* total) {
    *free = limit_bytes - allocated_bytes;
    *total = limit_bytes;
    return SUCCESS;
}
API cuMemGetInfo(size_t* free, size_t* total) { return cuMemGetInfo_v2(free, total); }
API cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
    if (int status = refused("cuMemHostAlloc")) return status;
    if (posix_memalign(memory, 4096, bytes) != 0) return OUT_OF_MEMORY;
    pinned[*memory] = bytes;
    return SUCCESS;
}
API cuMemFreeHost(void* memory) {
    flush();
    if (pinned.erase(memory) == 0) return INVALID_VALUE;
    std::free(memory);
    return SUCCESS;
}

API cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void*) {
    return copy(to, reinterpret_cast<uint64_t>(from), bytes, true, false);
}
API cuMemcpyHtoDAsync(uint64_t to, const void* from, size_t bytes, void* s) {
    return cuMemcpyHtoDAsync_v2(to, from, bytes, s);
}
API cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void*) {
    return copy(reinterpret_cast<uint64_t>(to), from, bytes, false, true);
}
API cuMemcpyDtoHAsync(void* to, uint64_t from, size_t bytes, void* s) {
    return cuMemcpyDtoHAsync_v2(to, from, bytes, s);
}
API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void*) { return copy(to, from, bytes, true, true); }
API cuMemcpyDtoDAsync(uint64_t to, uint64_t from, size_t bytes, void* s) {
    return cuMemcpyDtoDAsync_v2(to, from, bytes, s);
}
API cuMemsetD32Async(uint64_t to, unsigned value, size_t words, void*) {
    if (words > 0 && !inside(to, words * 4)) return INVALID_VALUE;
    return enqueue([=] { std::fill_n(reinterpret_cast<unsigned*>(to), words, value); });
}

API cuModuleLoadData(void** module, const void* image) {
    if (int status = refused("cuModuleLoadData")) return status;
    if (sticky != SUCCESS) return sticky;
    std::string text(static_cast<const char*>(image));
    if (text.find(".version") == std::string::npos || text.find(".target") == std::string::npos) return INVALID_PTX;
    if (text.find("// end") == std::string::npos && text.rfind('}') == std::string::npos) return INVALID_PTX;
    *module = new Module{text, {}};
    live_modules++;
    return SUCCESS;
}
API cuModuleLoadDataEx(void** module, const void* image, unsigned, void*, void*) {
    return cuModuleLoadData(module, image);
}
API cuModuleUnload(void* module) { delete static_cast<Module*>(module); live_modules--; return SUCCESS; }
API cuModuleGetFunction(void** function, void* module, const char* name) {
    Module* m = static_cast<Module*>(module);
    // What the PTX lacks, a GPU would not find either.
    if (m->text.find(std::string(".entry ") + name + "(") == std::string::npos) return NOT_FOUND;
    auto found = emulator::registry().find(name);
    if (found == emulator::registry().end()) return NOT_FOUND;
    auto& slot = m->functions[name];
    if (!slot) slot.reset(new Function{&found->second, 48 << 10});
    *function = slot.get();
    return SUCCESS;
}
API cuFuncSetAttribute(void* function, int attribute, int value) {
    if (attribute == 8) static_cast<Function*>(function)->dynamic_shared_limit = value;   // dynamic shared memory
    return SUCCESS;
}
API cuFuncGetAttribute(int* value, int, void*) { *value = 0; return SUCCESS; }

API cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
    unsigned shared, void* stream, void** parameters, void**) {
    if (sticky != SUCCESS) return sticky;
    if (current < 0) return INVALID_CONTEXT;
    if (stream != &streams[current]) return INVALID_HANDLE;          // of another device
    if (gx == 0 || gy == 0 || gz == 0 || gy > 65535 || gz > 65535 || bx * by * bz == 0 || bx * by * bz > 1024) {
        return INVALID_VALUE;
    }
    Function* f = static_cast<Function*>(function);
    if (static_cast<int>(shared) > f->dynamic_shared_limit) return INVALID_VALUE;
    launches++;
    if (launches_until_failure == 0) {
        launches_until_failure = -1;
        fail(LAUNCH_FAILED, "injected launch failure in " + f->entry->name);
        return SUCCESS;                                // as on a GPU: the next call that waits says so
    }
    if (launches_until_failure > 0) launches_until_failure--;
    emulator::Launch launch{{gx, gy, gz}, {bx, by, bz}, shared};
    std::function<void()> kernel = f->entry->bind(parameters);
    std::string name = f->entry->name;
    return enqueue([=] {
        std::string trouble = emulator::run(launch, kernel);
        if (!trouble.empty()) fail(LAUNCH_FAILED, name + ": " + trouble);
        else check_guards(name);
    });
}

API cuStreamBeginCapture_v2(void*, int) {
    if (capturing != nullptr) return STREAM_CAPTURE;
    capturing = new Graph;
    capture_broken = false;
    return sticky;
}
API cuStreamBeginCapture(void* stream, int mode) { return cuStreamBeginCapture_v2(stream, mode); }
API cuStreamEndCapture(void*, void** graph) {
    *graph = capturing;
    if (capturing == nullptr) return STREAM_CAPTURE;
    if (capture_broken) {
        delete capturing;
        *graph = capturing = nullptr;
        return CAPTURE_INVALIDATED;
    }
    capturing = nullptr;
    live_graphs++;
    return sticky;
}
API cuGraphInstantiateWithFlags(void** exec, void* graph, unsigned long long) {
    *exec = new Graph(*static_cast<Graph*>(graph));
    live_graphs++;
    return SUCCESS;
}
API cuGraphInstantiate_v2(void** exec, void* graph, void**, char*, size_t) {
    return cuGraphInstantiateWithFlags(exec, graph, 0);
}
API cuGraphInstantiate(void** exec, void* graph, void**, char*, size_t) {
    return cuGraphInstantiateWithFlags(exec, graph, 0);
}
API cuGraphLaunch(void* exec, void*) {
    for (const Work& work : static_cast<Graph*>(exec)->work) {
        int status = enqueue(work);
        if (status != SUCCESS) return status;
    }
    return SUCCESS;
}
API cuGraphDestroy(void* graph) { delete static_cast<Graph*>(graph); live_graphs--; return SUCCESS; }
API cuGraphExecDestroy(void* exec) { return cuGraphDestroy(exec); }

API cuGetErrorName(int status, const char** name) {
    switch (status) {
        case SUCCESS: *name = "CUDA_SUCCESS"; break;
        case INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
        case OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
        case DEVICE_UNAVAILABLE: *name = "CUDA_ERROR_DEVICE_UNAVAILABLE"; break;
        case NO_DEVICE: *name = "CUDA_ERROR_NO_DEVICE"; break;
        case INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
        case INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
        case INVALID_PTX: *name = "CUDA_ERROR_INVALID_PTX"; break;
        case NO_BINARY: *name = "CUDA_ERROR_NO_BINARY_FOR_GPU"; break;
        case UNSUPPORTED_PTX: *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"; break;
        case NOT_FOUND: *name = "CUDA_ERROR_NOT_FOUND"; break;
        case INVALID_HANDLE: *name = "CUDA_ERROR_INVALID_HANDLE"; break;
        case NOT_READY: *name = "CUDA_ERROR_NOT_READY"; break;
        case ILLEGAL_ADDRESS: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; break;
        case LAUNCH_FAILED: *name = "CUDA_ERROR_LAUNCH_FAILED"; break;
        case CAPTURE_INVALIDATED: *name = "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"; break;
        case STREAM_CAPTURE: *name = "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"; break;
        default: *name = "CUDA_ERROR_UNKNOWN"; return INVALID_VALUE;
    }
    return SUCCESS;
}
API cuGetErrorString(int status, const char** text) { return cuGetErrorName(status, text); }

// What tests ask for.
extern "C" __attribute__((visibility("default"))) long long emulator_count(int what) {
    switch (what) {
        case 0: return static_cast<long long>(allocations.size());
        case 1: return allocated_bytes;
        case 2: return peak_bytes;
        case 3: return static_cast<long long>(pinned.size());
        case 4: return live_modules;
        case 5: return live_graphs;
        case 6: return live_events;
        case 7: return live_streams;
        case 8: return launches;
        case 9: return retained;
        default: return -1;
    }
}
extern "C" __attribute__((visibility("default"))) void emulator_fail_allocation_after(long long n) {
    allocations_until_failure = n;
}
extern "C" __attribute__((visibility("default"))) void emulator_fail_launch_after(long long n) {
    launches_until_failure = n;
}
extern "C" __attribute__((visibility("default"))) void emulator_devices(long long n) { devices_told = n; }
extern "C" __attribute__((visibility("default"))) void emulator_limit(long long bytes) { limit_bytes = bytes; }
extern "C" __attribute__((visibility("default"))) void emulator_seed(unsigned long long value) {
    emulator::seed(value);
}
// Ends a sticky error, which no GPU does: for the next test.
extern "C" __attribute__((visibility("default"))) void emulator_recover() {
    queue.clear();
    capturing = nullptr;
    sticky = SUCCESS;
    fault_text.clear();
    allocations_until_failure = launches_until_failure = -1;
    limit_bytes = 8ll << 30;
    for (auto& [address, allocation] : allocations) {
        fill(address - GUARD, GUARD, allocation.pattern);
        fill(address + padded(allocation.bytes), GUARD, allocation.pattern);
        for (size_t i = allocation.bytes; i < padded(allocation.bytes); i++) {
            reinterpret_cast<unsigned char*>(address)[i]
                = reinterpret_cast<const unsigned char*>(&allocation.pattern)[i % 4];
        }
    }
}
extern "C" __attribute__((visibility("default"))) const char* emulator_fault() { return fault_text.c_str(); }
extern "C" __attribute__((visibility("default"))) int emulator_knows(const char* kernel) {
    return emulator::registry().count(kernel) != 0;
}

// For stand-ins of libraries (standin.h): work in stream order, and whether memory is the device's.
extern "C" __attribute__((visibility("default"))) int emulator_enqueue(
    void (*work)(void*), void* data, void (*drop)(void*)) {
    std::shared_ptr<void> held(data, drop);                  // a graph may run it again
    return enqueue([=] {
        work(held.get());
        check_guards("a library");
    });
}
extern "C" __attribute__((visibility("default"))) int emulator_inside(uint64_t address, size_t bytes) {
    return inside(address, bytes);
}
