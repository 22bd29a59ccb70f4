// Threads of a block as fibers: each has a stack and gives way at barriers and shuffles. A warp that is chosen runs
// until all its threads wait; which warp is chosen is random, and a warp that was chosen is chosen again for a random
// number of rounds, so that it runs as far ahead of the others as barriers allow. A program that lacks a barrier reads
// what has not been written yet, or what has been overwritten, which plain turns would hide. Copies to shared memory that
// are not waited for have mostly not happened, and sometimes have, which shows both what reads them too early and what
// they overwrite too early.
#include "scheduler.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "emulator.h"

namespace emulator {

uint3 thread_index, block_index;
dim3 block_extent, grid_extent;

namespace {

constexpr size_t STACK = 64 << 10, PAGE = 4096, SHARED_LIMIT = 228 << 10;
constexpr int LANES = 32;

enum class State { READY, BARRIER, WARP, DONE };

struct Copy {
    void* to;
    const void* from;
    size_t bytes, room;
    int group;
};

struct Fiber {
    void* sp = nullptr;
    char* stack = nullptr;
    State state = State::DONE;
    uint3 index{};
    unsigned mask = 0;                 // of the warp operation it waits in
    uint64_t given = 0, taken = 0;     // values of a warp operation
    void (*work)(void**) = nullptr;    // of the whole warp, and what this thread brings to it
    void* brought = nullptr;
    std::vector<Copy> copies;
    int groups = 0;                    // of copies that have been committed
    const char* file = "";
    int line = 0;
};

std::vector<Fiber> fibers;
size_t count;                          // fibers of this block
Fiber* current;
void* scheduler_sp;
const std::function<void()>* body;
std::string fault;
uint64_t random_state = 0x9E3779B97F4A7C15ull, random_seed = 1;
std::vector<char> dynamic_bytes;

uint64_t next_random() {               // splitmix64
    uint64_t z = (random_state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// Saves what the calling convention keeps, changes stacks, restores.
#if defined(__x86_64__)
extern "C" void emulator_switch(void** from, void* to);
asm(R"(
    .text
    .globl emulator_switch
    .hidden emulator_switch
    .type emulator_switch, @function
emulator_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size emulator_switch, .-emulator_switch
)");
#else
#error "the emulator's fibers are written for x86-64"
#endif

void give_way() {
    Fiber* self = current;
    emulator_switch(&self->sp, scheduler_sp);
}

extern "C" void emulator_entry() {
    (*body)();
    current->state = State::DONE;
    give_way();
    std::abort();                      // a finished fiber is never resumed
}

void prepare(Fiber& fiber) {
    if (fiber.stack == nullptr) {
        void* memory = mmap(nullptr, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::fprintf(stderr, "emulator: no memory for the stack of a fiber\n");
            std::abort();
        }
        mprotect(memory, PAGE, PROT_NONE);              // a stack that overflows ends the process, here
        fiber.stack = static_cast<char*>(memory) + PAGE;
    }
    // Six registers, then the address that `ret` takes; aligned as at the entry of a function.
    void** top = reinterpret_cast<void**>(fiber.stack + STACK - 64);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(&emulator_entry);
    for (int i = 0; i < 6; i++) *--top = nullptr;
    fiber.sp = top;
    fiber.state = State::READY;
    fiber.work = nullptr;
    fiber.copies.clear();
    fiber.groups = 0;
}

void resume(Fiber& fiber) {
    current = &fiber;
    thread_index = fiber.index;
    emulator_switch(&scheduler_sp, fiber.sp);
}

// Does what all lanes of a warp came for together. False if they came for something else.
bool work_together(size_t first, size_t last) {
    void* brought[LANES];
    size_t same = 0;
    void (*work)(void**) = nullptr;
    for (size_t i = first; i < last; i++) {
        if (fibers[i].state == State::WARP && fibers[i].work != nullptr) work = fibers[i].work;
    }
    if (work == nullptr) return false;
    for (size_t i = first; i < last; i++) {
        same += fibers[i].state == State::WARP && fibers[i].work == work;
        brought[i - first] = fibers[i].brought;
    }
    if (same != LANES) {
        fault = "only " + std::to_string(same) + " lanes of a warp came for what needs all";
        return true;
    }
    work(brought);
    for (size_t i = first; i < last; i++) {
        fibers[i].work = nullptr;
        fibers[i].state = State::READY;
    }
    return true;
}

void happen(const Copy& copy) {
    std::memcpy(copy.to, copy.from, copy.bytes);
    std::memset(static_cast<char*>(copy.to) + copy.bytes, 0, copy.room - copy.bytes);
}

// Completes the warp operation that all named threads of a warp have reached.
bool complete(size_t warp) {
    size_t first = warp * LANES, last = first + LANES < count ? first + LANES : count;
    unsigned waiting = 0, alive = 0;
    for (size_t i = first; i < last; i++) {
        if (fibers[i].state == State::WARP) waiting |= 1u << (i - first);
        if (fibers[i].state != State::DONE) alive |= 1u << (i - first);
    }
    if (waiting == 0) return false;
    bool any = false;
    for (size_t i = first; i < last; i++) {
        Fiber& fiber = fibers[i];
        if (fiber.state != State::WARP) continue;
        unsigned wanted = fiber.mask & alive;
        if ((waiting & wanted) != wanted) continue;     // somebody is not there yet
        any = true;
    }
    if (!any) return false;
    if (work_together(first, last)) return true;
    // Values go across before anybody runs on.
    std::vector<size_t> released;
    for (size_t i = first; i < last; i++) {
        Fiber& fiber = fibers[i];
        if (fiber.state == State::WARP && (waiting & fiber.mask & alive) == (fiber.mask & alive)) released.push_back(i);
    }
    for (size_t i : released) {
        Fiber& fiber = fibers[i];
        if (fiber.taken == ~0ull) {                     // a vote
            uint64_t votes = 0;
            for (size_t j = first; j < last; j++) {
                if (fibers[j].state == State::WARP && (fiber.mask >> (j - first) & 1) && fibers[j].given) {
                    votes |= 1ull << (j - first);
                }
            }
            fiber.taken = votes;
        } else {
            size_t source = first + fiber.taken;
            // Nothing to take from a thread that is not there: on a GPU any value may come.
            fiber.taken = source < last && fibers[source].state == State::WARP ? fibers[source].given
                                                                               : 0x7FC0DEAD7FC0DEADull;
        }
    }
    for (size_t i : released) fibers[i].state = State::READY;
    return true;
}

// Runs a warp until all its threads wait at the barrier, or are done. False if it could not move at all.
bool advance(size_t warp) {
    size_t first = warp * LANES, last = first + LANES < count ? first + LANES : count;
    bool moved = false;
    for (size_t i = first; i < last && fault.empty(); i++) {
        if (fibers[i].state == State::READY) {
            resume(fibers[i]);
            moved = true;
        }
    }
    return complete(warp) || moved;
}

bool release_barrier() {
    size_t waiting = 0, done = 0;
    for (size_t i = 0; i < count; i++) {
        waiting += fibers[i].state == State::BARRIER;
        done += fibers[i].state == State::DONE;
    }
    if (waiting == 0 || waiting + done < count) return false;
    for (size_t i = 0; i < count; i++) {
        if (fibers[i].state == State::BARRIER) fibers[i].state = State::READY;
    }
    return true;
}

void deadlock() {
    for (size_t i = 0; i < count; i++) {
        if (fibers[i].state == State::DONE) continue;
        fault = "deadlock: thread " + std::to_string(i) + " of block " + std::to_string(block_index.x) + " waits "
            + place(fibers[i].file, fibers[i].line) + " for threads that do not come";
        return;
    }
}

void run_block() {
    size_t warps = (count + LANES - 1) / LANES, finished = 0;
    std::vector<size_t> open(warps);
    for (size_t i = 0; i < warps; i++) open[i] = i;
    while (!open.empty() && fault.empty()) {
        size_t at = random_seed == 0 ? 0 : next_random() % open.size();
        size_t rounds = random_seed == 0 ? 1 : 1 + next_random() % 512;
        bool moved = false;
        while (rounds-- > 0 && fault.empty() && advance(open[at])) moved = true;
        // Others, in case this one waits for the block.
        for (size_t i = 0; !moved && i < open.size() && fault.empty(); i++) moved = advance(open[i]);
        if (!moved && fault.empty() && !release_barrier()) {
            finished = 0;
            for (size_t i = 0; i < count; i++) finished += fibers[i].state == State::DONE;
            if (finished == count) return;
            deadlock();
            return;
        }
        for (size_t i = 0; i < open.size();) {
            size_t first = open[i] * LANES, last = first + LANES < count ? first + LANES : count;
            bool all = true;
            for (size_t j = first; j < last; j++) all = all && fibers[j].state == State::DONE;
            if (all) open.erase(open.begin() + i);
            else i++;
        }
    }
}

extern "C" char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));

void poison_shared(size_t bytes) {
    if (__start_emulated_shared != nullptr) {
        std::memset(__start_emulated_shared, 0xFF, __stop_emulated_shared - __start_emulated_shared);
    }
    dynamic_bytes.resize(bytes + 256);
    std::memset(dynamic_bytes.data(), 0xFF, dynamic_bytes.size());
}

void wait(State state, const char* file, int line) {
    current->state = state;
    current->file = file;
    current->line = line;
    give_way();
}

}  // namespace

std::string place(const char* file, int line) {
    const char* name = std::strrchr(file, '/');
    return std::string("at ") + (name == nullptr ? file : name + 1) + ":" + std::to_string(line);
}

void seed(uint64_t value) {
    random_seed = value;
    random_state = value * 0x9E3779B97F4A7C15ull;
}

void barrier(const char* file, int line) { wait(State::BARRIER, file, line); }

uint64_t exchange(unsigned mask, uint64_t value, int source, const char* file, int line) {
    Fiber* self = current;
    if (!(mask >> lane() & 1)) trap("a thread shuffles that its mask does not name", file, line);
    self->mask = mask;
    self->given = value;
    self->taken = static_cast<uint64_t>(source);
    wait(State::WARP, file, line);
    return self->taken;
}

unsigned vote(unsigned mask, bool yes, const char* file, int line) {
    Fiber* self = current;
    self->mask = mask;
    self->given = yes;
    self->taken = ~0ull;
    wait(State::WARP, file, line);
    return static_cast<unsigned>(self->taken);
}

void together(void (*work)(void**), void* of_this_lane, const char* file, int line) {
    current->mask = 0xffffffffu;
    current->work = work;
    current->brought = of_this_lane;
    wait(State::WARP, file, line);
}

void copy_later(void* to, const void* from, size_t bytes, size_t room, const char* file, int line) {
    if (reinterpret_cast<uintptr_t>(to) % room != 0 || (bytes > 0 && reinterpret_cast<uintptr_t>(from) % room != 0)) {
        trap("a copy to or from an address that is not a multiple of its length", file, line);
    }
    Copy copy{to, from, bytes, room, current->groups};
    if (random_seed != 0 && next_random() % 8 == 0) happen(copy);
    else current->copies.push_back(copy);
}

void commit_copies() { current->groups++; }

void wait_copies(int left) {
    std::vector<Copy>& copies = current->copies;
    size_t kept = 0;
    for (const Copy& copy : copies) {
        if (copy.group < current->groups - left) happen(copy);
        else copies[kept++] = copy;
    }
    copies.resize(kept);
}

void* dynamic_shared() {
    uintptr_t start = reinterpret_cast<uintptr_t>(dynamic_bytes.data());
    return reinterpret_cast<void*>((start + 127) / 128 * 128);
}

int lane() { return static_cast<int>((current - fibers.data()) % LANES); }

void trap(const char* why, const char* file, int line) {
    fault = std::string(why) + " " + place(file, line);
    give_way();                        // and never comes back
    std::abort();
}

std::string run(const Launch& launch, const std::function<void()>& kernel) {
    count = size_t(launch.block[0]) * launch.block[1] * launch.block[2];
    if (count == 0 || count > 1024) return "a block has 1 to 1024 threads, not " + std::to_string(count);
    if (launch.dynamic_shared > SHARED_LIMIT) return "too much shared memory";
    if (fibers.size() < count) fibers.resize(count);
    body = &kernel;
    fault.clear();
    block_extent = {launch.block[0], launch.block[1], launch.block[2]};
    grid_extent = {launch.grid[0], launch.grid[1], launch.grid[2]};
    for (unsigned z = 0; z < launch.grid[2]; z++) {
        for (unsigned y = 0; y < launch.grid[1]; y++) {
            for (unsigned x = 0; x < launch.grid[0]; x++) {
                block_index = {x, y, z};
                poison_shared(launch.dynamic_shared);
                for (size_t i = 0; i < count; i++) {
                    unsigned at = static_cast<unsigned>(i);
                    fibers[i].index = {at % launch.block[0], at / launch.block[0] % launch.block[1],
                        at / launch.block[0] / launch.block[1]};
                    prepare(fibers[i]);
                }
                run_block();
                if (!fault.empty()) return fault;
            }
        }
    }
    return "";
}

}  // namespace emulator
