// Operands of products in bfloat16 that are packed: rounded once, and two bytes a number from then on. Those of mma.cuh
// are floats in shared memory, and rounded after each reading.
//
// In memory an operand is rows of packed_width(d) numbers, zeros behind d: a row begins at a multiple of 128 bytes, and
// is copied 16 bytes, a quad, at a time, whatever d is.
//
// In shared memory it is panels of 64 features, 128 bytes a row, in which quad q of row e has place q ^ e % 8. So the
// eight quads of a row, which eight lanes copy, and one quad each of eight neighbouring rows, which is a matrix of
// ldmatrix, meet all 32 banks once.
//
// A warp reads 16 rows by 16 features with one instruction. Of these, lane 4 g + t receives as
//
//     AS_A     value[0], [1]  features 2 t, 2 t + 1 of rows g, g + 8;      [2], [3]  features 8 on
//     AS_B     value[0], [1]  features 2 t, 2 t + 1, and 8 on, of row g;   [2], [3]  of row g + 8
//     ACROSS   value[0], [1]  rows 2 t, 2 t + 1, and 8 on, of feature g;   [2], [3]  of feature g + 8
//
// rows of A; rows as columns of B; and features as columns of B, where the sum is over rows. So what an instruction
// takes stands in neighbouring registers: all four as 16 rows of A, two as 8 columns of B.
//
// Of 16 rows by 8 columns of sums the lane holds columns 2 t, 2 t + 1 of row g, then of row g + 8. Rounded in pairs, 16
// columns of them are 16 rows of A of the next product (Dao: FlashAttention-2, 2023, arXiv:2307.08691), and never leave
// their registers.
//
// Shared memory gives 128 bytes a clock and multiprocessor, so one reading, 512 bytes, takes it 4 clocks. With 16 n of
// the other operand it serves 2 * 16 * 16 * 16 n operations, 2 n clocks of an H100, whose tensor cores do 4096 a clock
// and multiprocessor (989e12 / 132 / 1.83e9). So a reading has to serve 32 of the other, or shared memory does not keep
// up; packed_tile.cuh and packed_weighted.cuh count.
#pragma once

#include "mma.cuh"

constexpr int PANEL = 64, QUADS = PANEL / 8;             // features of a panel, and 16 bytes of them

// One panel, or whole spans of two: the numbers of a packed row.
__device__ __forceinline__ int packed_width(int d) {
    return d <= PANEL ? PANEL : (d + 2 * PANEL - 1) / (2 * PANEL) * (2 * PANEL);
}

// Where quad q of row e of a panel lies.
__device__ __forceinline__ int packed_place(int e, int q) { return e * QUADS + (q ^ e % QUADS); }

// EXTENT rows of an operand, from `first` on, that THREADS threads copy panel by panel; zeros behind its last row.
// Eight lanes copy the 128 bytes of a row.
template <int EXTENT, int THREADS>
struct PackedRows {
    static constexpr int PASS = THREADS / QUADS;
    static_assert(PASS % QUADS == 0 && EXTENT % PASS == 0, "a thread's rows have the same place of a quad");
    const uint4* at;
    int line, left;                                      // quads of a row of memory; rows there are

    __device__ __forceinline__ PackedRows(const uint4* operand, int width, int first, int rows)
        : at(operand + static_cast<i64>(first) * (width / 8)), line(width / 8), left(rows - first) {}

    __device__ __forceinline__ void load(uint4* to, int panel) const {
        int thread = again(threadIdx.x), row = thread / QUADS, q = thread % QUADS, some = left - row;
        i64 step = static_cast<i64>(PASS) * again(line);
        const uint4* from = at + static_cast<i64>(row) * line + panel * QUADS + q;
        to += packed_place(row, q);
#pragma unroll
        for (int i = 0; i < EXTENT / PASS; i++) {
            copy_quad(to + i * PASS * QUADS, from, i * PASS < some);
            from += step;
        }
    }
};

enum class Reading { AS_A, AS_B, ACROSS };

// The part of an address that is a lane's own, for rows and features that begin at multiples of 16.
template <Reading READING>
__device__ __forceinline__ int packed_lane() {
    int l = again(threadIdx.x) % WARP;
    return READING == Reading::AS_B ? packed_place(l % 8 + l / 16 * 8, l / 8 % 2) : packed_place(l % 16, l / 16);
}

// Reads rows first ... first + 15 and features k ... k + 15 of a panel, both multiples of 16; `lane` as above.
template <Reading READING>
__device__ __forceinline__ void read_packed(const uint4* panel, int lane, int first, int k, unsigned (&value)[4]) {
    constexpr bool TRANSPOSED = READING == Reading::ACROSS;
    const uint4* row = panel + first * QUADS + (lane ^ k / 8);
#ifdef CUDA_EMULATOR
    emulator::load_matrices(row, value, TRANSPOSED, __FILE__, __LINE__);
#else
    unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
    if constexpr (TRANSPOSED) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(value[0]), "=r"(value[1]), "=r"(value[2]), "=r"(value[3]) : "r"(at) : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(value[0]), "=r"(value[1]), "=r"(value[2]), "=r"(value[3]) : "r"(at) : "memory");
    }
#endif
}

// sum += 16 rows of a times 8 columns of b, the first or the second of what was read, 16 values of k.
template <int WHICH>
__device__ __forceinline__ void multiply_packed(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[4]) {
#ifdef CUDA_EMULATOR
    unsigned upper[2] = {a[0], a[2]}, lower[2] = {a[1], a[3]};
    emulator::mma_bf16(sum, upper, lower, b + 2 * WHICH, __FILE__, __LINE__);
#else
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[2 * WHICH]), "r"(b[2 * WHICH + 1]));
#endif
}

// 16 columns of sums, in two times 8, as 16 rows of A.
__device__ __forceinline__ void pack_sums(const float (&left)[4], const float (&right)[4], unsigned (&a)[4]) {
    a[0] = Bf16::rounded(left[0], left[1]);
    a[1] = Bf16::rounded(left[2], left[3]);
    a[2] = Bf16::rounded(right[0], right[1]);
    a[3] = Bf16::rounded(right[2], right[3]);
}
