// What a warp does on tensor cores, lane by lane as the PTX manual lays fragments out ("Matrix fragments for
// mma.m16n8k8", "... m16n8k16", "ldmatrix"): lane 4 g + t.
#include <cmath>
#include <cstring>

#include "emulator.h"

namespace emulator {

namespace {

struct Operands {
    float* sum;                        // (g, 2 t), (g, 2 t + 1), (g + 8, 2 t), (g + 8, 2 t + 1)
    unsigned a[4], b[2];
};

struct Row {
    const uint16_t* row;
    uint32_t* value;
    bool clash;
};

float number(unsigned bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
}

unsigned bits(float x) {
    unsigned i;
    std::memcpy(&i, &x, 4);
    return i;
}

// To float, cut off towards zero, as the units do (Fasi, Higham, Mikaitis, Pranesh 2021).
float cut(double x) {
    float f = static_cast<float>(x);
    if (std::isfinite(f) && std::fabs(static_cast<double>(f)) > std::fabs(x)) f = number(bits(f) - 1);
    return f;
}

template <int K>
void product(Operands* const* lanes, const float (&a)[16][K], const float (&b)[K][8]) {
    for (int i = 0; i < 16; i++) {
        double sum[8];
        for (int j = 0; j < 8; j++) sum[j] = lanes[i % 8 * 4 + j / 2]->sum[i / 8 * 2 + j % 2];
        for (int k = 0; k < K; k++) {
            for (int j = 0; j < 8; j++) sum[j] += static_cast<double>(a[i][k]) * b[k][j];
        }
        for (int j = 0; j < 8; j++) lanes[i % 8 * 4 + j / 2]->sum[i / 8 * 2 + j % 2] = cut(sum[j]);
    }
}

// The units do not look at the lower 13 bits.
float seen(unsigned tf32) { return number(tf32 & ~0x1FFFu); }

void multiply_tf32(void** brought) {
    Operands* const* lanes = reinterpret_cast<Operands* const*>(brought);
    float a[16][8], b[8][8];
    for (int lane = 0; lane < 32; lane++) {
        int g = lane / 4, t = lane % 4;
        for (int r = 0; r < 4; r++) a[g + r % 2 * 8][t + r / 2 * 4] = seen(lanes[lane]->a[r]);
        for (int r = 0; r < 2; r++) b[t + r * 4][g] = seen(lanes[lane]->b[r]);
    }
    product<8>(lanes, a, b);
}

void multiply_bf16(void** brought) {
    Operands* const* lanes = reinterpret_cast<Operands* const*>(brought);
    float a[16][16], b[16][8];
    for (int lane = 0; lane < 32; lane++) {
        int g = lane / 4, t = lane % 4;
        for (int half = 0; half < 2; half++) {
            for (int r = 0; r < 4; r++) {
                a[g + r % 2 * 8][2 * t + half + r / 2 * 8] = number(lanes[lane]->a[r] >> 16 * half << 16);
            }
            for (int r = 0; r < 2; r++) b[2 * t + half + r * 8][g] = number(lanes[lane]->b[r] >> 16 * half << 16);
        }
    }
    product<16>(lanes, a, b);
}

// Eight rows of 16 bytes come in one turn only if they lie in different banks, of which there are 128 bytes.
bool clash(Row* const* rows) {
    for (int i = 0; i < 8; i++) {
        for (int j = 0; j < i; j++) {
            auto a = reinterpret_cast<uintptr_t>(rows[i]->row), b = reinterpret_cast<uintptr_t>(rows[j]->row);
            if (a != b && a / 16 % 8 == b / 16 % 8) return true;
        }
    }
    return false;
}

// Lane l names row l % 8 of matrix l / 8. Transposed, lane 4 g + t receives column g of rows 2 t and 2 t + 1.
template <bool TRANSPOSED>
void load(void** brought) {
    Row* const* lanes = reinterpret_cast<Row* const*>(brought);
    for (int lane = 0; lane < 32; lane++) {
        int g = lane / 4, t = lane % 4;
        for (int matrix = 0; matrix < 4; matrix++) {
            auto at = [&](int row, int column) -> uint32_t { return lanes[matrix * 8 + row]->row[column]; };
            uint32_t low = TRANSPOSED ? at(2 * t, g) : at(g, 2 * t), high = TRANSPOSED ? at(2 * t + 1, g)
                                                                                       : at(g, 2 * t + 1);
            lanes[lane]->value[matrix] = low | high << 16;
        }
        lanes[lane]->clash = clash(lanes + lane / 8 * 8);
    }
}

Operands operands(float* sum, const unsigned* upper, const unsigned* lower, const unsigned* b) {
    return {sum, {upper[0], lower[0], upper[1], lower[1]}, {b[0], b[1]}};
}

}  // namespace

// Ties away from zero.
unsigned tf32(float x) { return std::isnan(x) ? 0x7FFFFFFFu : (bits(x) + 0x1000u) & ~0x1FFFu; }

// Ties to even.
unsigned bf16(float x) {
    unsigned i = bits(x);
    return std::isnan(x) ? 0x7FFFu : (i + 0x7FFFu + (i >> 16 & 1)) >> 16;
}

void mma_tf32(float* sum, const unsigned* upper, const unsigned* lower, const unsigned* b, const char* file, int line) {
    Operands mine = operands(sum, upper, lower, b);
    together(multiply_tf32, &mine, file, line);
}

void mma_bf16(float* sum, const unsigned* upper, const unsigned* lower, const unsigned* b, const char* file, int line) {
    Operands mine = operands(sum, upper, lower, b);
    together(multiply_bf16, &mine, file, line);
}

void load_matrices(const void* row, void* value, bool transposed, const char* file, int line) {
    if (reinterpret_cast<uintptr_t>(row) % 16 != 0) trap("a row of a matrix does not begin at 16 bytes", file, line);
    Row mine{static_cast<const uint16_t*>(row), static_cast<uint32_t*>(value), false};
    together(transposed ? load<true> : load<false>, &mine, file, line);
    if (mine.clash) trap("rows of a matrix meet in banks of shared memory", file, line);
}

}  // namespace emulator
