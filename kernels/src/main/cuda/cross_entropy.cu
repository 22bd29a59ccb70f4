/*
Softmax cross-entropy with class labels, docs/math/softmax_cross_entropy.md; label smoothing by Szegedy et al. 2016,
arXiv:1512.00567, Sec. 7.                                         ops: SoftmaxCrossEntropy, SoftmaxCrossEntropyGrad

    q[i,c] = w[c] ((1 - s) [c = label_i] + s/K), 0 in rows that are left out;   p = e^(x - m - z)
    L = sum q (z + m - x) / divisor      divisor = sum w[label_i]      dx = dL / divisor (p sum_j q[i,j] - q)

x, dx (n, k); labels (n); w (k), or null for ones; m, z (n): maximum and ln sum e^(x - m); L, divisor, dL: one number
launch   a warp a row, 8 rows a block of 256 threads; *_long, for k > 1024: a block a row; cross_entropy_loss and
         cross_entropy_weights: one block
traffic  x once (again from the cache); backward x once, dx once
numerics sums in f64; -infinity has probability 0; a label that is no class gives NaN, here and in its row of dx
order    lanes in turn, then a tree: bitwise reproducible
versions not measured yet on a GPU
*/
#include "row_team.cuh"

// ln p, never below the smallest float: 0 * infinity is not a number.
__device__ __forceinline__ double log_probability(float x, float m, double z) {
    double p = static_cast<double>(x) - m - z;
    return p < -3.402823466385288598e38 ? -3.402823466385288598e38 : p;
}

__device__ __forceinline__ float weight(const float* w, int c) { return w == nullptr ? 1.0f : w[c]; }

// losses: (n, 2), the loss and the weight of each row.
template <bool LONG>
__device__ __forceinline__ void forward(const Team<LONG>& team, const float* __restrict__ xs,
    const int* __restrict__ labels, const float* __restrict__ w, float* __restrict__ ms, float* __restrict__ zs,
    double* __restrict__ losses, int n, int k, double smoothing, int ignore) {
    for (i64 row = team.first(); row < n; row += team.step()) {
        const float* x = xs + row * k;
        float m = -infinity();
        for (int c = team.lane(); c < k; c += team.lanes()) m = max_or_nan(m, x[c]);
        m = team.max(m);
        double sum = 0;
        for (int c = team.lane(); c < k; c += team.lanes()) sum += expf(x[c] - m);
        double z = log(team.sum(sum)), smooth = 0;
        int label = labels[row];
        if (smoothing > 0 && label != ignore) {
            for (int c = team.lane(); c < k; c += team.lanes()) smooth -= weight(w, c) * log_probability(x[c], m, z);
            smooth = team.sum(smooth);
        }
        if (team.lane() != 0) continue;
        ms[row] = m;
        zs[row] = static_cast<float>(z);
        double own = 0, loss = 0;
        if (label != ignore) {
            bool known = label >= 0 && label < k;
            own = known ? weight(w, label) : 0;
            loss = known ? smoothing / k * smooth - (1 - smoothing) * own * log_probability(x[label], m, z)
                         : static_cast<double>(__int_as_float(0x7fc00000));
        }
        losses[2 * row] = loss;
        losses[2 * row + 1] = own;
    }
}

KERNEL cross_entropy_forward(const float* __restrict__ x, const int* __restrict__ labels, const float* __restrict__ w,
    float* __restrict__ m, float* __restrict__ z, double* __restrict__ losses, int n, int k, double smoothing,
    int ignore) {
    forward(Team<false>{nullptr}, x, labels, w, m, z, losses, n, k, smoothing, ignore);
}

KERNEL cross_entropy_forward_long(const float* __restrict__ x, const int* __restrict__ labels,
    const float* __restrict__ w, float* __restrict__ m, float* __restrict__ z, double* __restrict__ losses, int n,
    int k, double smoothing, int ignore) {
    __shared__ double parts[WARP];
    forward(Team<true>{parts}, x, labels, w, m, z, losses, n, k, smoothing, ignore);
}

KERNEL cross_entropy_loss(const double* __restrict__ losses, float* __restrict__ loss, float* __restrict__ divisor,
    int n) {
    __shared__ double parts[WARP];
    double sum = 0, weights = 0;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) {
        sum += losses[2 * i];
        weights += losses[2 * i + 1];
    }
    sum = block_sum(sum, parts);
    weights = block_sum(weights, parts);
    if (threadIdx.x != 0) return;
    *loss = static_cast<float>(sum / weights);
    *divisor = static_cast<float>(weights);
}

// The sum of the weights of all classes.
KERNEL cross_entropy_weights(const float* __restrict__ w, double* __restrict__ total, int k) {
    __shared__ double parts[WARP];
    double sum = 0;
    for (int c = threadIdx.x; c < k; c += blockDim.x) sum += w[c];
    sum = block_sum(sum, parts);
    if (threadIdx.x == 0) *total = sum;
}

// dx = a p - b w, less own at the label. total: of the weights, or null where these are ones.
template <bool LONG>
__device__ __forceinline__ void backward(const Team<LONG>& team, const float* __restrict__ x,
    const int* __restrict__ labels, const float* __restrict__ m, const float* __restrict__ z,
    const float* __restrict__ divisor, const float* __restrict__ dloss, const float* __restrict__ w,
    const double* __restrict__ total, float* __restrict__ dx, int n, int k, double smoothing, int ignore) {
    double factor = static_cast<double>(*dloss) / *divisor, smooth = smoothing / k, all = total == nullptr ? k : *total;
    for (i64 row = team.first(); row < n; row += team.step()) {
        int label = labels[row];
        bool kept = label != ignore, known = label >= 0 && label < k;
        double own = !kept ? 0 : known ? (1 - smoothing) * weight(w, label)
                                       : static_cast<double>(__int_as_float(0x7fc00000));
        float a = static_cast<float>((own + (kept ? smooth * all : 0)) * factor);
        float b = static_cast<float>(kept ? smooth * factor : 0.0), c = static_cast<float>(own * factor);
        float max = m[row], log = z[row];
        for (int j = team.lane(); j < k; j += team.lanes()) {
            float g = a * expf(x[row * k + j] - max - log);
            if (b != 0) g -= b * weight(w, j);
            dx[row * k + j] = j == label && kept ? g - c : g;
        }
    }
}

KERNEL cross_entropy_backward(const float* __restrict__ x, const int* __restrict__ labels, const float* __restrict__ m,
    const float* __restrict__ z, const float* __restrict__ divisor, const float* __restrict__ dloss,
    const float* __restrict__ w, const double* __restrict__ total, float* __restrict__ dx, int n, int k,
    double smoothing, int ignore) {
    backward(Team<false>{nullptr}, x, labels, m, z, divisor, dloss, w, total, dx, n, k, smoothing, ignore);
}

KERNEL cross_entropy_backward_long(const float* __restrict__ x, const int* __restrict__ labels,
    const float* __restrict__ m, const float* __restrict__ z, const float* __restrict__ divisor,
    const float* __restrict__ dloss, const float* __restrict__ w, const double* __restrict__ total,
    float* __restrict__ dx, int n, int k, double smoothing, int ignore) {
    backward(Team<true>{nullptr}, x, labels, m, z, divisor, dloss, w, total, dx, n, k, smoothing, ignore);
}
