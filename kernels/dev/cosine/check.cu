// Runs all versions and compares them with the formula in double precision; on a GPU it measures them, too. check.sh
// compiles it, with nvcc or for the emulator.
#include "../launch.h"

#include "v1_naive.cu"
#include "v2_lengths_once.cu"
#include "v3_shared_tiles.cu"
#include "v4_register_tiles.cu"
#include "v5_vector_stores.cu"

constexpr float EPSILON = 1e-8f;

struct Problem {
    int n, m, d;
    Array<float> a, b, ra, rb, s;

    Problem(int n, int m, int d)
        : n(n), m(m), d(d), a(size_t(n) * d), b(size_t(m) * d), ra(n), rb(m), s(size_t(n) * m) {
        std::mt19937 random(n + m + d);
        std::normal_distribution<float> normal;
        std::generate(a + 0, a + a.size(), [&] { return normal(random); });
        std::generate(b + 0, b + b.size(), [&] { return normal(random); });
        for (int k = 0; k < d; k++) {
            b[k] = -3 * a[k];                                        // a cosine of -1
            b[size_t(m / 2) * d + k] *= 1e4f;
            a[size_t(n - 1) * d + k] *= 1e-10f;                      // lengths below epsilon
            if (m > 2) b[size_t(m - 2) * d + k] = 0;
        }
    }
};

struct Version {
    const char* name;
    void (*run)(Problem&);
};

void lengths(Problem& p) {
    launch(cut(p.n, 8), 1, cosine_v2_lengths, p.a, p.ra, p.n, p.d, EPSILON);
    launch(cut(p.m, 8), 1, cosine_v2_lengths, p.b, p.rb, p.m, p.d, EPSILON);
}

template <class Kernel>
void tiles(Problem& p, int side, Kernel kernel) {
    lengths(p);
    launch(cut(p.m, side), cut(p.n, side), kernel, p.a, p.b, p.ra, p.rb, p.s, p.n, p.m, p.d);
}

void v1(Problem& p) { launch(cut(1LL * p.n * p.m, 256), 1, cosine_v1, p.a, p.b, p.s, p.n, p.m, p.d, EPSILON); }

void v2(Problem& p) {
    lengths(p);
    launch(cut(1LL * p.n * p.m, 256), 1, cosine_v2, p.a, p.b, p.ra, p.rb, p.s, p.n, p.m, p.d);
}

void v3(Problem& p) { tiles(p, COSINE_SIDE, cosine_v3); }

void v4(Problem& p) { tiles(p, 64, cosine_v4); }

void v5(Problem& p) { tiles(p, TILE, cosine_v5); }

const Version VERSIONS[] = {{"v1_naive", v1}, {"v2_lengths_once", v2}, {"v3_shared_tiles", v3},
    {"v4_register_tiles", v4}, {"v5_vector_stores", v5}};

std::vector<double> formula(const Problem& p) {
    auto dot = [&](const float* x, const float* y) {
        double sum = 0;
        for (int k = 0; k < p.d; k++) sum += double(x[k]) * y[k];
        return sum;
    };
    auto length = [&](const float* x) { return std::max(std::sqrt(dot(x, x)), double(EPSILON)); };
    std::vector<double> s(size_t(p.n) * p.m);
    for (int i = 0; i < p.n; i++) {
        for (int j = 0; j < p.m; j++) {
            const float *x = p.a + size_t(i) * p.d, *y = p.b + size_t(j) * p.d;
            s[size_t(i) * p.m + j] = dot(x, y) / (length(x) * length(y));
        }
    }
    return s;
}

int check(int n, int m, int d) {
    int wrong = 0;
    std::vector<double> expected = formula(Problem(n, m, d));
    // One rounding of 2^-24 a term, which add up as a random walk does, and those of lengths and quotients.
    double limit = (4 + 2 * std::sqrt(d)) * 0x1p-24;
    for (const Version& version : VERSIONS) {
        Problem p(n, m, d);
        version.run(p);
        finish();
        double error = largest_error(p.s + 0, expected, expected.size());
        bool right = error <= limit, kept = p.s.fenced() && p.ra.fenced() && p.rb.fenced();
        std::printf("%-18s n %3d, m %3d, d %3d: error %.1e, limit %.1e%s%s\n", version.name, n, m, d, error, limit,
            right ? "" : "  WRONG", kept ? "" : "  WRITES BEYOND ITS ARRAYS");
        wrong += !right || !kept;
    }
    return wrong;
}

#ifndef ON_EMULATOR
void measure(int n, int m, int d) {
    Problem p(n, m, d);
    std::printf("%s, n = %d, m = %d, d = %d\n", device_name(), n, m, d);
    for (const Version& version : VERSIONS) {
        float time = median_time([&] { version.run(p); });
        std::printf("%-18s %9.3f ms %8.2f TFLOP/s of 2 n m d %8.1f GB/s of 4 n m bytes\n", version.name, time,
            2e-9 * n * m * d / time, 4e-6 * n * m / time);
    }
}
#endif

int main() {
    int wrong = check(2, 1, 1) + check(33, 65, 17) + check(70, 132, 130) + check(129, 31, 9);
    if (wrong > 0) return 1;
    std::printf("all versions agree with the formula\n");
#ifndef ON_EMULATOR
    for (int d : {16, 128, 512}) measure(8192, 8192, d);
#endif
    return 0;
}
