/*
Rows of unit length and their gradient, docs/math/l2normalize.md.                 ops: L2Normalize, L2NormalizeGrad

    r = 1 / max(|x|, epsilon)      u = r x      dx = r (du - u u'du), or du / epsilon under the floor

x, u, du, dx (rows, d); r (rows)
launch   a warp a row, 8 rows a block of 256 threads; *_long, for d > 1024: a block a row; any number of rows
traffic  x once, u once; backward x and du once, dx once: a row is in the cache when it is read again
numerics sums in f64, where squares of large floats do not overflow; one f64 operation an element keeps pace with memory
order    lanes in turn, then a tree: bitwise reproducible
versions not measured yet on a GPU
*/
#include "row_team.cuh"

template <bool LONG>
__device__ __forceinline__ void normalize(const Team<LONG>& team, const float* __restrict__ xs, float* __restrict__ us,
    float* __restrict__ rs, i64 rows, int d, double epsilon) {
    for (i64 row = team.first(); row < rows; row += team.step()) {
        const float* x = xs + row * d;
        float r = inverse_norm(team, x, d, epsilon);
        if (team.lane() == 0) rs[row] = r;
        if (us == nullptr) continue;
        for (int j = team.lane(); j < d; j += team.lanes()) us[row * d + j] = x[j] * r;
    }
}

// us may be null: only r is wanted.
KERNEL l2_normalize_forward(const float* __restrict__ x, float* __restrict__ u, float* __restrict__ r, i64 rows, int d,
    double epsilon) {
    normalize(Team<false>{nullptr}, x, u, r, rows, d, epsilon);
}

KERNEL l2_normalize_forward_long(const float* __restrict__ x, float* __restrict__ u, float* __restrict__ r, i64 rows,
    int d, double epsilon) {
    __shared__ double parts[WARP];
    normalize(Team<true>{parts}, x, u, r, rows, d, epsilon);
}

template <bool LONG>
__device__ __forceinline__ void gradient(const Team<LONG>& team, const float* __restrict__ x,
    const float* __restrict__ r, const float* __restrict__ du, float* __restrict__ dx, i64 rows, int d,
    double epsilon) {
    for (i64 row = team.first(); row < rows; row += team.step()) {
        const float* g = du + row * d;
        through_norm(team, x + row * d, d, r[row], epsilon, 1, [g](int j) { return g[j]; }, dx + row * d);
    }
}

KERNEL l2_normalize_backward(const float* __restrict__ x, const float* __restrict__ r, const float* __restrict__ du,
    float* __restrict__ dx, i64 rows, int d, double epsilon) {
    gradient(Team<false>{nullptr}, x, r, du, dx, rows, d, epsilon);
}

KERNEL l2_normalize_backward_long(const float* __restrict__ x, const float* __restrict__ r,
    const float* __restrict__ du, float* __restrict__ dx, i64 rows, int d, double epsilon) {
    __shared__ double parts[WARP];
    gradient(Team<true>{parts}, x, r, du, dx, rows, d, epsilon);
}

// The gradient of ops that begin with rows of unit length: du is scale g times the sum of the pieces (pieces, rows, d),
// in order; g is one number on the device, or null for 1.
template <bool LONG>
__device__ __forceinline__ void unit_rows(const Team<LONG>& team, const float* __restrict__ x,
    const float* __restrict__ r, const float* __restrict__ parts, int pieces, const float* __restrict__ g,
    float* __restrict__ dx, i64 rows, int d, double epsilon, double scale) {
    double by = g == nullptr ? scale : scale * *g;
    for (i64 row = team.first(); row < rows; row += team.step()) {
        const float* part = parts + row * d;
        i64 next = rows * d;
        through_norm(team, x + row * d, d, r[row], epsilon, by, [=](int j) {
            float sum = part[j];
            for (int piece = 1; piece < pieces; piece++) sum += part[piece * next + j];
            return sum;
        }, dx + row * d);
    }
}

KERNEL unit_rows_backward(const float* __restrict__ x, const float* __restrict__ r, const float* __restrict__ parts,
    int pieces, const float* __restrict__ g, float* __restrict__ dx, i64 rows, int d, double epsilon, double scale) {
    unit_rows(Team<false>{nullptr}, x, r, parts, pieces, g, dx, rows, d, epsilon, scale);
}

KERNEL unit_rows_backward_long(const float* __restrict__ x, const float* __restrict__ r,
    const float* __restrict__ parts, int pieces, const float* __restrict__ g, float* __restrict__ dx, i64 rows, int d,
    double epsilon, double scale) {
    __shared__ double places[WARP];
    unit_rows(Team<true>{places}, x, r, parts, pieces, g, dx, rows, d, epsilon, scale);
}
