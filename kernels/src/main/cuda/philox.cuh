// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, Sec. 3.3. The same
// words as invar.core.Philox, bit for bit.
#pragma once

#include "common.cuh"

// Four 32-bit words for the 128-bit counter (index, stream) and the 64-bit key seed.
__device__ __forceinline__ uint4 philox(unsigned long long seed, unsigned long long stream, unsigned long long index) {
    unsigned k0 = static_cast<unsigned>(seed), k1 = static_cast<unsigned>(seed >> 32);
    uint4 c = make_uint4(static_cast<unsigned>(index), static_cast<unsigned>(index >> 32),
        static_cast<unsigned>(stream), static_cast<unsigned>(stream >> 32));
    for (int round = 0; round < 10; round++) {
        unsigned low0 = 0xD2511F53u * c.x, high0 = __umulhi(0xD2511F53u, c.x);
        unsigned low1 = 0xCD9E8D57u * c.z, high1 = __umulhi(0xCD9E8D57u, c.z);
        c = make_uint4(high1 ^ c.y ^ k0, low1, high0 ^ c.w ^ k1, low0);
        k0 += 0x9E3779B9u;                              // Weyl constants: golden ratio, sqrt(3) - 1
        k1 += 0xBB67AE85u;
    }
    return c;
}

__device__ __forceinline__ unsigned word(uint4 c, int i) { return i == 0 ? c.x : i == 1 ? c.y : i == 2 ? c.z : c.w; }
