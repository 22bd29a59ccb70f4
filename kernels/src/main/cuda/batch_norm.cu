/*
Batch normalisation and its gradients: Ioffe and Szegedy 2015, arXiv:1502.03167, Algorithm 1; derived in
docs/math/batchnorm.md.                                 ops: BatchNorm, BatchNormGrad; parts of CrossCorrelation(Grad)
                                                             and BarlowTwins(Grad), whose columns are such channels
    mean = 1/M sum x      variance = 1/M sum (x - mean)^2      rstd = 1 / sqrt(variance + epsilon)
    y  = max((x - mean) a + b + r, 0)                          a = gamma rstd, b = beta; r and the max if asked for
    dx = a g + (x - mean) k + s                                g = dy, or 0 where y is not above 0 behind the max
         k = -a rstd^2 / M sum g (x - mean),  s = -a / M sum g

x, y, dy, dx, r, dr  (rows, channels, inner), M = rows * inner; the others (channels)
launch   *_moments, *_products: see column_sums.cuh; *_statistics, *_slopes: a warp a channel, 256 threads a block;
         batch_norm_apply, standard_columns, batch_norm_gradient: grid = (columns / block, rows shared out), a thread
         keeps its column and with it the numbers of its channel, so that no division and no other reading is left in
         the loop
traffic  forward x twice, y once (and r); backward x, dy (and y) twice, dx once (and dr)
numerics sums of x - first and of its square, first being a value of the channel: the difference loses a factor of M at
         most, and sums are doubles (ChannelSums of engine-cpu has the reason); what the rounding of the mean leaves
         over is in b
order    fours in single precision, then a tree over the block, then pieces in order: bitwise reproducible
versions not measured yet on a GPU
*/
#include "column_sums.cuh"

// x - first and its square.
struct Moments {
    const float* x;
    int inner;

    __device__ __forceinline__ float channel(int c) const { return x[static_cast<i64>(c) * inner]; }
    __device__ __forceinline__ void add(i64 place, i64, float first, float& f, float& s) const {
        float d = x[place] - first;
        f += d;
        s = fmaf(d, d, s);
    }
};

KERNEL channel_moments(const float* __restrict__ x, i64 rows, int channels, int inner, i64 piece,
    double* __restrict__ sums) {
    __shared__ double parts[WARP];
    sum_channels(Moments{x, inner}, rows, channels, inner, piece, sums, parts);
}

KERNEL column_moments(const float* __restrict__ x, i64 rows, int channels, int inner, i64 piece,
    double* __restrict__ sums) {
    __shared__ double parts[2 * COLUMN_WARPS * WARP];
    sum_columns(Moments{x, inner}, rows, channels, inner, piece, sums, parts);
}

// g and g (x - mean). y is null where there is no ReLU.
struct Products {
    const float *x, *mean, *y, *dy;

    __device__ __forceinline__ float channel(int c) const { return mean[c]; }
    __device__ __forceinline__ void add(i64 place, i64, float m, float& f, float& s) const {
        float g = y == nullptr || y[place] > 0 ? dy[place] : 0.0f;
        f += g;
        s = fmaf(g, x[place] - m, s);
    }
};

KERNEL channel_products(const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ y,
    const float* __restrict__ dy, i64 rows, int channels, int inner, i64 piece, double* __restrict__ sums) {
    __shared__ double parts[WARP];
    sum_channels(Products{x, mean, y, dy}, rows, channels, inner, piece, sums, parts);
}

KERNEL column_products(const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ y,
    const float* __restrict__ dy, i64 rows, int channels, int inner, i64 piece, double* __restrict__ sums) {
    __shared__ double parts[2 * COLUMN_WARPS * WARP];
    sum_columns(Products{x, mean, y, dy}, rows, channels, inner, piece, sums, parts);
}

// Mean and variance of the warp's channel.
__device__ __forceinline__ void moments(const float* x, int inner, double count, const double* sums, int c,
    int channels, int fold, int pieces, double& mean, double& variance) {
    double first, second;
    sum_pieces(sums, c, channels, fold, pieces, first, second);
    mean = x[static_cast<i64>(c) * inner] + first / count;
    double v = (second - first * first / count) / count;
    variance = v < 0 ? 0 : v;                                               // rounding; NaN stays
}

// numbers: (channels, 3), the mean, a and b of each.
KERNEL batch_norm_statistics(const float* __restrict__ x, const float* __restrict__ gamma,
    const float* __restrict__ beta, float* __restrict__ means, float* __restrict__ variances,
    float* __restrict__ numbers, int inner, double count, double epsilon, const double* __restrict__ sums, int channels,
    int fold, int pieces) {
    int c = channel_of_warp();
    if (c >= channels) return;
    double mean, variance;
    moments(x, inner, count, sums, c, channels, fold, pieces, mean, variance);
    if (threadIdx.x % WARP != 0) return;
    double a = gamma[c] / sqrt(variance + epsilon);
    float rounded = static_cast<float>(mean);
    means[c] = rounded;
    variances[c] = static_cast<float>(variance);
    numbers[3 * c] = rounded;
    numbers[3 * c + 1] = static_cast<float>(a);
    numbers[3 * c + 2] = static_cast<float>(beta[c] - (mean - rounded) * a);
}

// The same for the ops that keep rstd and have neither gamma nor beta.
KERNEL standard_statistics(const float* __restrict__ x, float* __restrict__ means, float* __restrict__ rstds,
    double count, double epsilon, const double* __restrict__ sums, int channels, int fold, int pieces) {
    int c = channel_of_warp();
    if (c >= channels) return;
    double mean, variance;
    moments(x, 1, count, sums, c, channels, fold, pieces, mean, variance);
    if (threadIdx.x % WARP != 0) return;
    means[c] = static_cast<float>(mean);
    rstds[c] = static_cast<float>(1 / sqrt(variance + epsilon));
}

KERNEL batch_norm_apply(const float* __restrict__ x, const float* __restrict__ r, float* __restrict__ y,
    const float* __restrict__ numbers, i64 rows, int channels, int inner, int relu) {
    i64 width = static_cast<i64>(channels) * inner, column = first_element();
    if (column >= width) return;
    const float* n = numbers + 3 * (column / inner);
    float m = n[0], a = n[1], b = n[2];
#pragma unroll 4
    for (i64 row = blockIdx.y; row < rows; row += gridDim.y) {
        i64 i = row * width + column;
        float v = fmaf(x[i] - m, a, b);
        if (r != nullptr) v += r[i];
        y[i] = relu && v <= 0 ? 0.0f : v;
    }
}

// y = scale (x - mean) rstd of every column, written for tensor cores: copies to shared memory go past the registers.
KERNEL standard_columns(const float* __restrict__ x, const float* __restrict__ means, const float* __restrict__ rstds,
    float* __restrict__ y, i64 rows, int columns, float scale) {
    i64 column = first_element();
    if (column >= columns) return;
    float mean = means[column], rstd = rstds[column];
#pragma unroll 4
    for (i64 row = blockIdx.y; row < rows; row += gridDim.y) {
        i64 i = row * columns + column;
        y[i] = (x[i] - mean) * rstd * scale;
    }
}

// dgamma, dbeta, and numbers: (channels, 4), the mean, a, k and s of each. scale: a without gamma. The mean is read as
// the sums read it.
__device__ __forceinline__ void write_slopes(float* numbers, int c, float mean, double a, double rstd, double first,
    double second, double count) {
    numbers[4 * c] = mean;
    numbers[4 * c + 1] = static_cast<float>(a);
    numbers[4 * c + 2] = static_cast<float>(-a * rstd * rstd * second / count);
    numbers[4 * c + 3] = static_cast<float>(-a * first / count);
}

KERNEL batch_norm_slopes(const float* __restrict__ gamma, const float* __restrict__ means,
    const float* __restrict__ variances, float* __restrict__ dgamma, float* __restrict__ dbeta,
    float* __restrict__ numbers, double count, double epsilon, const double* __restrict__ sums, int channels, int fold,
    int pieces) {
    int c = channel_of_warp();
    if (c >= channels) return;
    double first, second;
    sum_pieces(sums, c, channels, fold, pieces, first, second);
    if (threadIdx.x % WARP != 0) return;
    double rstd = 1 / sqrt(variances[c] + epsilon);
    dgamma[c] = static_cast<float>(second * rstd);
    dbeta[c] = static_cast<float>(first);
    write_slopes(numbers, c, means[c], gamma[c] * rstd, rstd, first, second, count);
}

KERNEL standard_slopes(const float* __restrict__ means, const float* __restrict__ rstds, float* __restrict__ numbers,
    double count, const double* __restrict__ sums, int channels, int fold, int pieces) {
    int c = channel_of_warp();
    if (c >= channels) return;
    double first, second;
    sum_pieces(sums, c, channels, fold, pieces, first, second);
    if (threadIdx.x % WARP == 0) write_slopes(numbers, c, means[c], rstds[c], rstds[c], first, second, count);
}

// dx may be dy: an element is read and written by the same thread. y and dr may be null.
KERNEL batch_norm_gradient(const float* __restrict__ x, const float* __restrict__ y, const float* dy, float* dx,
    float* __restrict__ dr, const float* __restrict__ numbers, i64 rows, int channels, int inner) {
    i64 width = static_cast<i64>(channels) * inner, column = first_element();
    if (column >= width) return;
    const float* n = numbers + 4 * (column / inner);
    float m = n[0], a = n[1], k = n[2], s = n[3];
#pragma unroll 4
    for (i64 row = blockIdx.y; row < rows; row += gridDim.y) {
        i64 i = row * width + column;
        float g = y == nullptr || y[i] > 0 ? dy[i] : 0.0f;
        if (dr != nullptr) dr[i] = g;
        dx[i] = fmaf(a, g, fmaf(x[i] - m, k, s));
    }
}
