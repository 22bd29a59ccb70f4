// Who works on a row of (rows, d): a warp, 8 of them in a block, or for long rows a block of 256 threads.
#pragma once

#include "common.cuh"

// for (i64 row = team.first(); row < rows; row += team.step()) is taken by the whole team or by nobody in it.
template <bool LONG>
struct Team {
    double* parts;                                       // LONG: WARP places in shared memory

    __device__ __forceinline__ i64 first() const {
        return LONG ? blockIdx.x : static_cast<i64>(blockIdx.x) * (blockDim.x / WARP) + threadIdx.x / WARP;
    }
    __device__ __forceinline__ i64 step() const { return LONG ? gridDim.x : all_threads() / WARP; }
    __device__ __forceinline__ int lane() const { return LONG ? threadIdx.x : threadIdx.x % WARP; }
    __device__ __forceinline__ int lanes() const { return LONG ? blockDim.x : WARP; }
    __device__ __forceinline__ double sum(double x) const { return LONG ? block_sum(x, parts) : warp_sum(x); }
    __device__ __forceinline__ float max(float x) const {
        return LONG ? block_max(x, reinterpret_cast<float*>(parts)) : warp_max(x);
    }
};

// r = 1 / max(|x|, epsilon) of a row, in every thread of the team.
template <bool LONG>
__device__ __forceinline__ float inverse_norm(const Team<LONG>& team, const float* x, int d, double epsilon) {
    double squares = 0;
    for (int j = team.lane(); j < d; j += team.lanes()) squares += static_cast<double>(x[j]) * x[j];
    double norm = sqrt(team.sum(squares));
    return static_cast<float>(1 / (norm < epsilon ? epsilon : norm));
}

// From which epsilon r on a row counts as under the floor: invar.core.fused.L2Normalize.FLOORED, 1 - 2^-20.
constexpr double FLOORED = 1 - 0x1p-20;

// dx = scale r (du - u u'du), or scale r du under the floor, u = r x; du(j) gives the number at place j.
template <bool LONG, class Gradient>
__device__ __forceinline__ void through_norm(const Team<LONG>& team, const float* x, int d, float r, double epsilon,
    double scale, const Gradient& du, float* dx) {
    double along = 0;
    for (int j = team.lane(); j < d; j += team.lanes()) along += static_cast<double>(x[j] * r) * du(j);
    along = team.sum(along);
    float minus = epsilon * r >= FLOORED ? 0.0f : static_cast<float>(-along), by = static_cast<float>(r * scale);
    for (int j = team.lane(); j < d; j += team.lanes()) dx[j] = fmaf(x[j] * r, minus, du(j)) * by;
}
