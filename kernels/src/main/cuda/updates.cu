/*
In place: assignments, random numbers, steps of optimisers.        ops: invar.core.UpdateOp, SgdUpdate, AdamUpdate,
                                                                        LarsUpdate; formulas are in their Javadoc

Numbers that change from step to step (c, lr, t) are read from device memory, so that a captured step can be replayed.

launch   grid = min(ceil(n / 256), 32 blocks a multiprocessor), block = 256; lars_squares: grid = pieces of 8192
         elements, lars_ratio: one block; no shared memory sized at launch
traffic  every input read once, every written one written once; LARS reads p and g once more, for their norms
numerics f32; norms of LARS, the powers of Adam and normal numbers in f64
order    one thread writes an element; sums of squares: 8192 elements a block in a fixed tree, pieces in order
versions not measured yet on a GPU; four elements of a thread are on their way at once, see each_element
*/
#include "common.cuh"
#include "philox.cuh"

KERNEL accumulate(float* __restrict__ ys, const float* __restrict__ xs, i64 n) {
    each_element(n, [=](i64 i) { return make_float2(ys[i], xs[i]); }, [=](i64 i, float2 was) { ys[i] = was.x + was.y; });
}

KERNEL accumulate_integers(int* __restrict__ ys, const int* __restrict__ xs, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) ys[i] += xs[i];
}

KERNEL descend(float* __restrict__ ys, const float* __restrict__ xs, const float* __restrict__ c, i64 n) {
    float by = -*c;
    each_element(n, [=](i64 i) { return make_float2(ys[i], xs[i]); },
        [=](i64 i, float2 was) { ys[i] = fmaf(by, was.y, was.x); });
}

KERNEL average(float* __restrict__ ys, const float* __restrict__ xs, const float* __restrict__ c, i64 n) {
    float keep = *c, take = static_cast<float>(1.0 - static_cast<double>(keep));
    each_element(n, [=](i64 i) { return make_float2(ys[i], xs[i]); },
        [=](i64 i, float2 was) { ys[i] = fmaf(keep, was.x, take * was.y); });
}

// Words of 32 bits, of either type: xs to ys from row *at on, as far as there is room for `room` words. Not measured yet
// on a GPU.
KERNEL put_rows(unsigned* __restrict__ ys, const unsigned* __restrict__ xs, const int* __restrict__ at, i64 row,
    i64 room, i64 n) {
    i64 from = static_cast<i64>(*at) * row;
    for (i64 i = first_element(); i < n; i += all_threads()) {
        if (from + i >= 0 && from + i < room) ys[from + i] = xs[i];
    }
}

KERNEL advance(int* __restrict__ ys, int by, int modulus, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) ys[i] = (ys[i] + by) % modulus;
}

KERNEL fill(float* __restrict__ ys, float value, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) ys[i] = value;
}

// Element i from word i.
KERNEL random_uniform(float* __restrict__ ys, i64 seed, i64 stream, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        ys[i] = (word(philox(seed, stream, i / 4), static_cast<int>(i % 4)) >> 8) * 0x1p-24f;
    }
}

// Element i from words 2i and 2i + 1: sqrt(-2 ln u) cos 2 pi v.
KERNEL random_normal(float* __restrict__ ys, i64 seed, i64 stream, i64 n) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        uint4 c = philox(seed, stream, i / 2);
        int at = static_cast<int>(i % 2) * 2;
        double u = (word(c, at) + 0.5) * 0x1p-32, v = (word(c, at + 1) + 0.5) * 0x1p-32;
        ys[i] = static_cast<float>(sqrt(-2 * log(u)) * cos(6.283185307179586477 * v));
    }
}

// v = momentum v + d, p = p - rate v, or with Nesterov's gradient; d = scale (g + decay p).
__device__ __forceinline__ void momentum_steps(float* p, float* v, const float* g, i64 n, float scale, float decay,
    float momentum, float rate, int nesterov) {
    each_element(n, [=](i64 i) { return make_float3(p[i], v[i], g[i]); }, [=](i64 i, float3 was) {
        float d = scale * fmaf(decay, was.x, was.z), velocity = fmaf(momentum, was.y, d);
        v[i] = velocity;
        p[i] = fmaf(-rate, nesterov ? fmaf(momentum, velocity, d) : velocity, was.x);
    });
}

KERNEL sgd_step(float* __restrict__ p, float* __restrict__ v, const float* __restrict__ g,
    const float* __restrict__ lr, i64 n, float momentum, float decay, int nesterov) {
    momentum_steps(p, v, g, n, 1, decay, momentum, *lr, nesterov);
}

// `decay` of weights goes into the gradient, or, decoupled, multiplies p by 1 - lr decay.
KERNEL adam_step(float* __restrict__ p, float* __restrict__ m, float* __restrict__ v, const float* __restrict__ g,
    const float* __restrict__ lr, const float* __restrict__ t, i64 n, double beta1, double beta2, float epsilon,
    double decay, int decoupled) {
    __shared__ float step, scale, keep;                  // lr / (1 - beta1^t), 1 / (1 - beta2^t)
    if (threadIdx.x == 0) {
        double rate = *lr, steps = *t;
        step = static_cast<float>(rate / (1 - pow(beta1, steps)));
        scale = static_cast<float>(1 / (1 - pow(beta2, steps)));
        keep = decoupled ? static_cast<float>(1 - rate * decay) : 1.0f;
    }
    __syncthreads();
    float coupled = decoupled ? 0.0f : static_cast<float>(decay);
    float b1 = static_cast<float>(beta1), c1 = static_cast<float>(1 - beta1);
    float b2 = static_cast<float>(beta2), c2 = static_cast<float>(1 - beta2);
    float rate = step, unbiased = scale, kept = keep;
    each_element(n, [=](i64 i) { return make_float4(p[i], m[i], v[i], g[i]); }, [=](i64 i, float4 was) {
        float gradient = fmaf(coupled, was.x, was.w);
        float first = fmaf(b1, was.y, c1 * gradient), second = fmaf(b2, was.z, c2 * gradient * gradient);
        m[i] = first;
        v[i] = second;
        p[i] = kept * was.x - rate * first / (sqrtf(second * unbiased) + epsilon);
    });
}

constexpr int LARS_PIECE = 8192;                         // invar.cuda.Updates says the same

// Sums of p^2, g^2 and (g + decay p)^2 over each piece, one block a piece.
KERNEL lars_squares(const float* __restrict__ p, const float* __restrict__ g, double* __restrict__ sums, i64 n,
    double decay) {
    __shared__ double parts[WARP];
    double p2 = 0, g2 = 0, d2 = 0;
    i64 from = static_cast<i64>(blockIdx.x) * LARS_PIECE, to = min(n, from + LARS_PIECE);
    for (i64 i = from + threadIdx.x; i < to; i += blockDim.x) {
        double x = p[i], y = g[i], d = y + decay * x;
        p2 += x * x;
        g2 += y * y;
        d2 += d * d;
    }
    p2 = block_sum(p2, parts);
    g2 = block_sum(g2, parts);
    d2 = block_sum(d2, parts);
    if (threadIdx.x == 0) {
        sums[3 * blockIdx.x] = p2;
        sums[3 * blockIdx.x + 1] = g2;
        sums[3 * blockIdx.x + 2] = d2;
    }
}

// What multiplies the gradient, the weight decay that applies, and the learning rate of the step. form: 0 AUTHORS,
// 1 SIMCLR, 2 LIGHTLY.
KERNEL lars_ratio(const double* __restrict__ sums, int pieces, const float* __restrict__ lr, float* __restrict__ out,
    int form, double eta, double decay, int clip, int adapt) {
    __shared__ double parts[WARP];
    double p2 = 0, g2 = 0, d2 = 0;
    for (int i = threadIdx.x; i < pieces; i += blockDim.x) {
        p2 += sums[3 * i];
        g2 += sums[3 * i + 1];
        d2 += sums[3 * i + 2];
    }
    double norm_p = sqrt(block_sum(p2, parts)), norm_g = sqrt(block_sum(g2, parts)), norm_d = sqrt(block_sum(d2, parts));
    if (threadIdx.x != 0) return;
    bool lightly = form == 2, simclr = form == 1;
    bool scaled = adapt && norm_p != 0 && (lightly ? norm_g : norm_d) != 0;
    double ratio = !scaled ? 1 : lightly ? eta * norm_p / (norm_g + decay * norm_p + 1e-8) : eta * norm_p / norm_d;
    if (clip && scaled) ratio = fmin(ratio / *lr, 1.0);
    out[0] = static_cast<float>(simclr ? ratio * *lr : ratio);
    out[1] = lightly && adapt && !scaled ? 0.0f : static_cast<float>(decay);
    out[2] = simclr ? 1.0f : *lr;
}

KERNEL lars_step(float* __restrict__ p, float* __restrict__ v, const float* __restrict__ g,
    const float* __restrict__ numbers, i64 n, float momentum, int nesterov) {
    momentum_steps(p, v, g, n, numbers[0], numbers[1], momentum, numbers[2], nesterov);
}
