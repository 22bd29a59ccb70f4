// What a warp needs to multiply on tensor cores, from compute capability 8.0 on: copies to shared memory past the
// registers, fragments of operands, their rounding, and the product itself. mma_tile.cuh makes tiles of it.
//
// Operands lie in shared memory as floats. A warp reads a Stripe of one, 32 neighbours e (rows of A, or columns of B),
// in pieces of 8 values of k. Of a piece, lane 4 g + t holds
//
//     value[s][r] = operand[e = 4 quad(g) + s, k = 4 r + t],       quad(g) = g / 2 + g % 2 * 4,     s < 4, r < 2
//
// and slots s are what an instruction takes as its rows or columns: two of them are the 16 rows of A, one is the 8
// columns of B. It does not matter which of the 32 these are, if the result is written accordingly, nor in which order
// k comes, if A and B agree. This choice makes neighbours in memory of a lane's numbers:
//   by depth  (e beside e)  value[0..3][r] is one float4
//   by row    (k beside k)  ldmatrix gives two slots in one instruction: its 8 x 8 matrices of 16 bits are 8 rows of 4
//                           floats, and lane 4 g + t receives number t of row g
//   result                  of two stripes, a lane holds four neighbouring rows by two float4s of columns, 16 apart
// Precisions: Tf32 rounds to 11 bits of significand, ties away from zero; Bf16 to 8 bits, ties to even, two numbers of
// k to a register, which halves the instructions. Products are exact and sums are float; the units align the terms of a
// sum before they add them and cut off what is below (measured by Fasi, Higham, Mikaitis, Pranesh: Numerical behavior
// of NVIDIA tensor cores, PeerJ Computer Science 7:e330, 2021), so a sum of n numbers is rounded n / 8 times or
// n / 16 times, towards zero. How many terms are added at once, and with how many bits more, is another matter for each
// architecture: the same order of sums gives the same bits on devices of one architecture, and not on all.
#pragma once

#include "common.cuh"

// Copies 16 bytes to shared memory, or zeros if not `some`, when nothing is read. Both addresses are multiples of 16.
// The copy is seen after commit_copies(), wait_copies() and a barrier, and is not to be counted on, nor its room to be
// used, before.
template <class T>
__device__ __forceinline__ void copy_quad(T* to, const T* from, bool some) {
#ifdef CUDA_EMULATOR
    emulator::copy_later(to, from, some ? 16 : 0, 16, __FILE__, __LINE__);
#else
    unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(to));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(some ? 16 : 0));
#endif
}

// The same of one float.
__device__ __forceinline__ void copy_one(float* to, const float* from, bool some) {
#ifdef CUDA_EMULATOR
    emulator::copy_later(to, from, some ? 4 : 0, 4, __FILE__, __LINE__);
#else
    unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(to));
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at), "l"(from), "r"(some ? 4 : 0));
#endif
}

// Ends a group of copies, which may be empty.
__device__ __forceinline__ void commit_copies() {
#ifdef CUDA_EMULATOR
    emulator::commit_copies();
#else
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits for all groups of this thread but the last LEFT. What other threads copied is there after a barrier.
template <int LEFT>
__device__ __forceinline__ void wait_copies() {
#ifdef CUDA_EMULATOR
    emulator::wait_copies(LEFT);
#else
    asm volatile("cp.async.wait_group %0;" ::"n"(LEFT) : "memory");
#endif
}

// Four matrices of 8 rows of 16 bytes in shared memory: lane l names row l % 8 of matrix l / 8, and receives number
// l % 4 of row l / 4 of each.
__device__ __forceinline__ void load_matrices(const float* row, float (&value)[4]) {
#ifdef CUDA_EMULATOR
    emulator::load_matrices(row, value, false, __FILE__, __LINE__);
#else
    unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row)), bits[4];
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
        : "=r"(bits[0]), "=r"(bits[1]), "=r"(bits[2]), "=r"(bits[3]) : "r"(at) : "memory");
#pragma unroll
    for (int i = 0; i < 4; i++) value[i] = __uint_as_float(bits[i]);
#endif
}

// Which four of 32 neighbours lane group g holds.
__device__ __forceinline__ int quad(int g) { return g / 2 + g % 2 * 4; }

// Where (e, k) of an operand with EXTENT values of e and 32 of k lies in shared memory, and how a warp reads from it.
// Quads of numbers change places within a row, so that a warp meets all banks alike: eight quads, 128 bytes, are at
// once what eight lanes read, or copy.
//
// ByRow: [e][k]. A matrix of ldmatrix is one quad each of 8 rows that are 4 apart: e / 4 differs in all eight.
struct ByRow {
    static __device__ __forceinline__ int place(int e, int k) { return e * 32 + (k ^ e / 4 % 8 * 4); }

    // The part of an address that is a lane's own, for stripes that begin at multiples of 32.
    static __device__ __forceinline__ int lane() {
        int l = again(threadIdx.x) % WARP;
        return place(4 * quad(l % 8) + l / 16, l / 8 % 2 * 4);
    }

    // Of the stripe at `first`, the piece from k on, a multiple of 8.
    static __device__ __forceinline__ void read(const float* operand, int lane, int first, int k,
        float (&value)[4][2]) {
        operand += first * 32 + (lane ^ k);
#pragma unroll
        for (int s = 0; s < 4; s += 2) {
            float v[4];
            load_matrices(operand + s * 32, v);
            value[s][0] = v[0], value[s][1] = v[1], value[s + 1][0] = v[2], value[s + 1][1] = v[3];
        }
    }
};

// ByDepth: [k][e]. Eight lanes read float4s of four rows k and of two quads of e that differ by 4: k % 4 tells them
// apart.
template <int EXTENT>
struct ByDepth {
    static __device__ __forceinline__ int place(int e, int k) { return k * EXTENT + (e ^ k % 4 * 4); }

    static __device__ __forceinline__ int lane() {
        int l = again(threadIdx.x) % WARP;
        return place(4 * quad(l / 4), l % 4);
    }

    static __device__ __forceinline__ void read(const float* operand, int lane, int first, int k,
        float (&value)[4][2]) {
        operand += first + lane + k * EXTENT;
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float4 v = *reinterpret_cast<const float4*>(operand + r * 4 * EXTENT);
            value[0][r] = v.x, value[1][r] = v.y, value[2][r] = v.z, value[3][r] = v.w;
        }
    }
};

// Rounded numbers of 32 neighbours as the instructions take them, 8 values of k in TensorFloat-32, 16 in bfloat16.
struct Stripe {
    unsigned of[4][2];                                   // [slot][half of k]
};

// Both precisions have: DEPTH, the values of k of a stripe; read(), which rounds; and multiply(), which adds the
// products of slots 2 i and 2 i + 1 of `a` with slot j of `b`. sum[2 h + c] belongs to slot 2 i + h of `a`, and to what
// lane group 2 t + c holds as slot j of `b`.
#define MMA(shape, type, sum, a, i, b, j)                                                                              \
    asm("mma.sync.aligned." shape ".row.col.f32." type "." type ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "  \
        "{%0, %1, %2, %3};"                                                                                            \
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])                                                       \
        : "r"(a.of[2 * i][0]), "r"(a.of[2 * i + 1][0]), "r"(a.of[2 * i][1]), "r"(a.of[2 * i + 1][1]),                  \
        "r"(b.of[j][0]), "r"(b.of[j][1]))

struct Tf32 {
    static constexpr int DEPTH = 8;

    static __device__ __forceinline__ unsigned rounded(float x) {
#ifdef CUDA_EMULATOR
        return emulator::tf32(x);
#else
        unsigned bits;
        asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
        return bits;
#endif
    }

    template <class Layout>
    static __device__ __forceinline__ void read(const float* operand, int lane, int first, int k, Stripe& to) {
        float value[4][2];
        Layout::read(operand, lane, first, k, value);
#pragma unroll
        for (int s = 0; s < 4; s++) to.of[s][0] = rounded(value[s][0]), to.of[s][1] = rounded(value[s][1]);
    }

    static __device__ __forceinline__ void multiply(float (&sum)[4], const Stripe& a, int i, const Stripe& b, int j) {
#ifdef CUDA_EMULATOR
        emulator::mma_tf32(sum, a.of[2 * i], a.of[2 * i + 1], b.of[j], __FILE__, __LINE__);
#else
        MMA("m16n8k8", "tf32", sum, a, i, b, j);
#endif
    }
};

struct Bf16 {
    static constexpr int DEPTH = 16;

    static __device__ __forceinline__ unsigned rounded(float low, float high) {
#ifdef CUDA_EMULATOR
        return emulator::bf16(low) | emulator::bf16(high) << 16;
#else
        unsigned bits;
        asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
        return bits;
#endif
    }

    template <class Layout>
    static __device__ __forceinline__ void read(const float* operand, int lane, int first, int k, Stripe& to) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float value[4][2];
            Layout::read(operand, lane, first, k + 8 * half, value);
#pragma unroll
            for (int s = 0; s < 4; s++) to.of[s][half] = rounded(value[s][0], value[s][1]);
        }
    }

    static __device__ __forceinline__ void multiply(float (&sum)[4], const Stripe& a, int i, const Stripe& b, int j) {
#ifdef CUDA_EMULATOR
        emulator::mma_bf16(sum, a.of[2 * i], a.of[2 * i + 1], b.of[j], __FILE__, __LINE__);
#else
        MMA("m16n8k16", "bf16", sum, a, i, b, j);
#endif
    }
};
