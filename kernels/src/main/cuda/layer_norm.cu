/*
Layer normalisation: Ba, Kiros, Hinton 2016, arXiv:1607.06450, Eq. 3 and 4; derived in docs/math/layernorm.md.
                                                                                     ops: LayerNorm, LayerNormGrad
    mean = 1/d sum x      rstd = 1 / sqrt(1/d sum (x - mean)^2 + epsilon)      y = gamma (x - mean) rstd + beta
    h = gamma dy          dx = rstd (h - 1/d sum h - xhat 1/d sum h xhat)
    dgamma = sum over rows of dy xhat                                            dbeta = sum over rows of dy

x, y, dy, dx (rows, d); gamma, beta (d); mean, rstd (rows)
launch   a warp a row, 8 rows a block of 256 threads; *_long, for d > 1024: a block a row; column_layer_norm: see
         column_sums.cuh; layer_norm_parameters: a warp a column
traffic  x once, y once: a row is in the cache when it is read again; backward x and dy twice, the second time for the
         sums down the columns, dx once
numerics sums in f64; squares of x minus the rounded mean, less what they gain by its rounding
order    lanes in turn, then a tree; down the columns fours, then rows in turn, then pieces: bitwise reproducible
versions not measured yet on a GPU
*/
#include "column_sums.cuh"
#include "row_team.cuh"

template <bool LONG>
__device__ __forceinline__ void forward(const Team<LONG>& team, const float* __restrict__ xs,
    const float* __restrict__ gamma, const float* __restrict__ beta, float* __restrict__ ys, float* __restrict__ means,
    float* __restrict__ rstds, i64 rows, int d, double epsilon) {
    for (i64 row = team.first(); row < rows; row += team.step()) {
        const float* x = xs + row * d;
        double sum = 0;
        for (int j = team.lane(); j < d; j += team.lanes()) sum += x[j];
        float mean = static_cast<float>(team.sum(sum) / d);
        double first = 0, second = 0;
        for (int j = team.lane(); j < d; j += team.lanes()) {
            double c = x[j] - mean;
            first += c;
            second += c * c;
        }
        first = team.sum(first);
        second = team.sum(second) - first * first / d;
        float rstd = static_cast<float>(1 / sqrt((second < 0 ? 0 : second) / d + epsilon));
        if (team.lane() == 0) {
            means[row] = mean;
            rstds[row] = rstd;
        }
        for (int j = team.lane(); j < d; j += team.lanes()) {
            ys[row * d + j] = fmaf((x[j] - mean) * rstd, gamma[j], beta[j]);
        }
    }
}

KERNEL layer_norm_forward(const float* __restrict__ x, const float* __restrict__ gamma, const float* __restrict__ beta,
    float* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, i64 rows, int d, double epsilon) {
    forward(Team<false>{nullptr}, x, gamma, beta, y, mean, rstd, rows, d, epsilon);
}

KERNEL layer_norm_forward_long(const float* __restrict__ x, const float* __restrict__ gamma,
    const float* __restrict__ beta, float* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, i64 rows,
    int d, double epsilon) {
    __shared__ double parts[WARP];
    forward(Team<true>{parts}, x, gamma, beta, y, mean, rstd, rows, d, epsilon);
}

template <bool LONG>
__device__ __forceinline__ void backward(const Team<LONG>& team, const float* __restrict__ xs,
    const float* __restrict__ gamma, const float* __restrict__ means, const float* __restrict__ rstds,
    const float* __restrict__ dys, float* __restrict__ dxs, i64 rows, int d) {
    for (i64 row = team.first(); row < rows; row += team.step()) {
        const float *x = xs + row * d, *dy = dys + row * d;
        float mean = means[row], rstd = rstds[row];
        double sum = 0, dot = 0;                                     // of h, and of h xhat
        for (int j = team.lane(); j < d; j += team.lanes()) {
            float h = gamma[j] * dy[j];
            sum += h;
            dot += static_cast<double>(h) * ((x[j] - mean) * rstd);
        }
        float mean_h = static_cast<float>(team.sum(sum) / d), slope = static_cast<float>(team.sum(dot) / d);
        for (int j = team.lane(); j < d; j += team.lanes()) {
            float xhat = (x[j] - mean) * rstd;
            dxs[row * d + j] = fmaf(xhat, -slope, gamma[j] * dy[j] - mean_h) * rstd;
        }
    }
}

KERNEL layer_norm_backward(const float* __restrict__ x, const float* __restrict__ gamma, const float* __restrict__ mean,
    const float* __restrict__ rstd, const float* __restrict__ dy, float* __restrict__ dx, i64 rows, int d) {
    backward(Team<false>{nullptr}, x, gamma, mean, rstd, dy, dx, rows, d);
}

KERNEL layer_norm_backward_long(const float* __restrict__ x, const float* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, const float* __restrict__ dy,
    float* __restrict__ dx, i64 rows, int d) {
    __shared__ double parts[WARP];
    backward(Team<true>{parts}, x, gamma, mean, rstd, dy, dx, rows, d);
}

// dy xhat and dy, down the columns.
struct ToParameters {
    const float *x, *mean, *rstd, *dy;

    __device__ __forceinline__ float channel(int) const { return 0; }
    __device__ __forceinline__ void add(i64 place, i64 row, float, float& f, float& s) const {
        float g = dy[place];
        f = fmaf(g, (x[place] - mean[row]) * rstd[row], f);
        s += g;
    }
};

KERNEL column_layer_norm(const float* __restrict__ x, const float* __restrict__ mean, const float* __restrict__ rstd,
    const float* __restrict__ dy, i64 rows, int channels, int inner, i64 piece, double* __restrict__ sums) {
    __shared__ double parts[2 * COLUMN_WARPS * WARP];
    sum_columns(ToParameters{x, mean, rstd, dy}, rows, channels, inner, piece, sums, parts);
}

KERNEL layer_norm_parameters(float* __restrict__ dgamma, float* __restrict__ dbeta, const double* __restrict__ sums,
    int channels, int fold, int pieces) {
    int c = channel_of_warp();
    if (c >= channels) return;
    double first, second;
    sum_pieces(sums, c, channels, fold, pieces, first, second);
    if (threadIdx.x % WARP != 0) return;
    dgamma[c] = static_cast<float>(first);
    dbeta[c] = static_cast<float>(second);
}
