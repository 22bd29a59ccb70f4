// Runs all versions and compares them with the formula in double precision, whose gradient is compared with differences
// of its loss first; on a GPU it measures them, too. check.sh compiles it, with nvcc or for the emulator.
#include "../launch.h"

#include "v1_naive.cu"
#include "v2_tile_by_tile.cu"
#include "v3_register_tiles.cu"
#include "v4_recomputed.cu"
#include "v5_gram.cu"

// lambda is not the paper's 5e-3, with which the diagonal would be most of the gradient, and errors elsewhere unseen.
constexpr float EPSILON = 1e-5f, LAMBDA = 0.3f;

// Of the loss, and of gradients as a part of their scale: 34 roundings of f32.
constexpr double LIMIT = 2e-6;

using Numbers = std::vector<double>;

struct Result {
    double loss;
    Numbers da, db, da_scale, db_scale;                  // of each column: its rstd times the largest of dx, of dy
};

// x, and 1 / deviation of each column, of a (n, d).
Numbers standardised(const Numbers& a, int n, int d, Numbers& rstd) {
    Numbers x(a.size());
    rstd.assign(d, 0);
    for (int i = 0; i < d; i++) {
        double mean = 0, squares = 0;
        for (int k = 0; k < n; k++) mean += a[k * d + i] / n;
        for (int k = 0; k < n; k++) squares += std::pow(a[k * d + i] - mean, 2);
        rstd[i] = 1 / std::sqrt(squares / n + EPSILON);
        for (int k = 0; k < n; k++) x[k * d + i] = (a[k * d + i] - mean) * rstd[i];
    }
    return x;
}

// As for any gradient: what formula.cuh says is 0 is summed here.
Numbers through_norm(const Numbers& x, const Numbers& rstd, const Numbers& dx, int n, int d) {
    Numbers da(x.size());
    for (int i = 0; i < d; i++) {
        double sum = 0, along = 0;
        for (int k = 0; k < n; k++) {
            sum += dx[k * d + i] / n;
            along += dx[k * d + i] * x[k * d + i] / n;
        }
        for (int k = 0; k < n; k++) da[k * d + i] = rstd[i] * (dx[k * d + i] - sum - x[k * d + i] * along);
    }
    return da;
}

Result formula(const Numbers& a, const Numbers& b, int n, int d) {
    Numbers rstd_a, rstd_b, x = standardised(a, n, d, rstd_a), y = standardised(b, n, d, rstd_b);
    Numbers dx(x.size()), dy(x.size());
    double loss = 0;
    for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
            double c = 0;
            for (int k = 0; k < n; k++) c += x[k * d + i] * y[k * d + j] / n;
            loss += i == j ? (1 - c) * (1 - c) : LAMBDA * c * c;
            double dc = i == j ? 2 * (c - 1) : 2 * LAMBDA * c;
            for (int k = 0; k < n; k++) {
                dx[k * d + i] += y[k * d + j] * dc / n;
                dy[k * d + j] += x[k * d + i] * dc / n;
            }
        }
    }
    Numbers da = through_norm(x, rstd_a, dx, n, d), db = through_norm(y, rstd_b, dy, n, d);
    auto scale = [](Numbers rstd, const Numbers& g) {
        double largest = 0;
        for (double v : g) largest = std::max(largest, std::fabs(v));
        for (double& r : rstd) r *= largest;
        return rstd;
    };
    return {loss, da, db, scale(rstd_a, dx), scale(rstd_b, dy)};
}

// Whether the gradients of the formula are its slopes: central differences along a few directions.
int check_formula(const Numbers& a, const Numbers& b, int n, int d) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    Result right = formula(a, b, n, d);
    int wrong = 0;
    for (int direction = 0; direction < 4; direction++) {
        Numbers a1 = a, a2 = a, b1 = b, b2 = b;
        double slope = 0, step = 1e-7;
        for (size_t i = 0; i < a.size(); i++) {
            double u = normal(random), v = normal(random);
            a1[i] -= step * u, a2[i] += step * u, b1[i] -= step * v, b2[i] += step * v;
            slope += u * right.da[i] + v * right.db[i];
        }
        double difference = (formula(a2, b2, n, d).loss - formula(a1, b1, n, d).loss) / (2 * step);
        wrong += !(std::fabs(difference - slope) <= 1e-6 * std::max(1.0, std::fabs(slope)));
    }
    if (wrong > 0) std::printf("the formula's own gradient is not the slope of its loss\n");
    return wrong;
}

struct Problem {
    int n, d, strip;
    Array<float> a, b, mean_a, rstd_a, mean_b, rstd_b, loss, da, db;
    Array<float> x, y, c, parts, strip_of_c, diagonal, g, h;                   // what versions keep in between
    Array<double> terms, shares;

    static constexpr unsigned SHARES = 7;                                      // blocks of <G, H>

    Problem(int n, int d, int strip) : n(n), d(d), strip(strip), a(all()), b(all()), mean_a(d), rstd_a(d), mean_b(d),
        rstd_b(d), loss(1), da(all()), db(all()), x(all()), y(all()), c(size_t(d) * d),
        parts(size_t(cut(d, 16)) * std::max(cut(d, 16), 16u)), strip_of_c(size_t(strip) * d), diagonal(d),
        g(size_t(n) * n), h(size_t(n) * n), terms(d), shares(SHARES) {
        std::mt19937 random(n + d);
        std::normal_distribution<float> normal;
        for (size_t i = 0; i < all(); i++) b[i] = (a[i] = normal(random)) + normal(random);
        for (int k = 0; k < n; k++) {
            a[size_t(k) * d] += 10;                                            // a mean far from 0
            if (d > 2) b[size_t(k) * d + 2] = 3;                               // a column that is constant
        }
    }

    size_t all() const { return size_t(n) * d; }

    bool fenced() const {
        for (const Array<float>* array : {&mean_a, &rstd_a, &mean_b, &rstd_b, &loss, &da, &db, &x, &y, &c, &parts,
                &strip_of_c, &diagonal, &g, &h}) {
            if (!array->fenced()) return false;
        }
        return terms.fenced() && shares.fenced();
    }
};

struct Version {
    const char* name;
    void (*forward)(Problem&);
    void (*backward)(Problem&);                                                // nullptr: there is none
};

void v1_forward(Problem& p) {
    launch(cut(p.d, 256), 1, barlow_v1_standardise, p.a, p.x, p.rstd_a, p.n, p.d, EPSILON);
    launch(cut(p.d, 256), 1, barlow_v1_standardise, p.b, p.y, p.rstd_b, p.n, p.d, EPSILON);
    launch(cut(1LL * p.d * p.d, 256), 1, barlow_v1_correlation, p.x, p.y, p.c, p.n, p.d);
    launch(cut(p.d, 256), 1, barlow_v1_loss, p.c, p.parts, p.d, LAMBDA);
    launch(1, 1, barlow_v1_total, p.parts, p.loss, p.d);
}

void v1_backward(Problem& p) {
    launch(cut(p.all(), 256), 1, barlow_v1_backward_a, p.c, p.y, p.da, p.n, p.d, LAMBDA);
    launch(cut(p.all(), 256), 1, barlow_v1_backward_b, p.c, p.x, p.db, p.n, p.d, LAMBDA);
    launch(cut(p.d, 256), 1, barlow_v1_through_norm, p.x, p.rstd_a, p.da, p.da, p.n, p.d);
    launch(cut(p.d, 256), 1, barlow_v1_through_norm, p.y, p.rstd_b, p.db, p.db, p.n, p.d);
}

void moments(Problem& p) {
    launch(cut(p.d, COLUMNS), 1, barlow_v2_moments, p.a, p.mean_a, p.rstd_a, p.n, p.d, EPSILON);
    launch(cut(p.d, COLUMNS), 1, barlow_v2_moments, p.b, p.mean_b, p.rstd_b, p.n, p.d, EPSILON);
}

template <class Kernel>
void tile_losses(Problem& p, int side, Kernel kernel) {
    unsigned tiles = cut(p.d, side);
    moments(p);
    launch(tiles, tiles, kernel, p.a, p.mean_a, p.rstd_a, p.b, p.mean_b, p.rstd_b, p.parts, p.n, p.d, LAMBDA);
    launch(1, 1, barlow_v2_total, p.parts, p.loss, tiles * tiles);
}

void v2_forward(Problem& p) { tile_losses(p, BARLOW_SIDE, barlow_v2_loss); }

void v3_forward(Problem& p) { tile_losses(p, TILE, barlow_v3_loss); }

void through_norm(Problem& p) {
    launch(cut(p.d, COLUMNS), 1, barlow_v4_through_norm, p.a, p.mean_a, p.rstd_a, p.da, p.da, p.n, p.d);
    launch(cut(p.d, COLUMNS), 1, barlow_v4_through_norm, p.b, p.mean_b, p.rstd_b, p.db, p.db, p.n, p.d);
}

void v4_backward(Problem& p) {
    for (int first = 0; first < p.d; first += p.strip) {
        int rows = std::min(p.strip, p.d - first);
        launch(cut(p.d, TILE), cut(rows, TILE), barlow_v4_strip, p.a, p.mean_a, p.rstd_a, p.b, p.mean_b, p.rstd_b,
            p.strip_of_c, first, rows, p.n, p.d, LAMBDA);
        launch(cut(rows, TILE), cut(p.n, TILE), barlow_v4_backward_a, p.b, p.mean_b, p.rstd_b, p.strip_of_c, p.da,
            first, rows, p.n, p.d);
        launch(cut(p.d, TILE), cut(p.n, TILE), barlow_v4_backward_b, p.a, p.mean_a, p.rstd_a, p.strip_of_c, p.db,
            first, rows, p.n, p.d);
    }
    through_norm(p);
}

void v5_forward(Problem& p) {
    moments(p);
    launch(cut(p.d, COLUMNS), 1, barlow_v5_diagonal, p.a, p.mean_a, p.rstd_a, p.b, p.mean_b, p.rstd_b, p.diagonal,
        p.terms, p.n, p.d, LAMBDA);
    launch(cut(p.n, TILE), cut(p.n, TILE), barlow_v5_gram, p.a, p.mean_a, p.rstd_a, p.g, p.n, p.d);
    launch(cut(p.n, TILE), cut(p.n, TILE), barlow_v5_gram, p.b, p.mean_b, p.rstd_b, p.h, p.n, p.d);
    launch(Problem::SHARES, 1, barlow_v5_dot, p.g, p.h, p.shares, p.n);
    launch(1, 1, barlow_v5_loss, p.shares, Problem::SHARES, p.terms, p.loss, p.n, p.d, LAMBDA);
}

void v5_backward(Problem& p) {
    launch(cut(p.d, TILE), cut(p.n, TILE), barlow_v5_backward, p.a, p.mean_a, p.rstd_a, p.b, p.mean_b, p.rstd_b,
        p.diagonal, p.h, p.da, p.n, p.d, LAMBDA);
    launch(cut(p.d, TILE), cut(p.n, TILE), barlow_v5_backward, p.b, p.mean_b, p.rstd_b, p.a, p.mean_a, p.rstd_a,
        p.diagonal, p.g, p.db, p.n, p.d, LAMBDA);
    through_norm(p);
}

const Version VERSIONS[] = {{"v1_naive", v1_forward, v1_backward}, {"v2_tile_by_tile", v2_forward, nullptr},
    {"v3_register_tiles", v3_forward, nullptr}, {"v4_recomputed", v3_forward, v4_backward},
    {"v5_gram", v5_forward, v5_backward}};

void run(const Version& version, Problem& p) {
    version.forward(p);
    if (version.backward != nullptr) version.backward(p);
    finish();
}

bool same(const Array<float>& x, const Array<float>& y) {
    return std::memcmp(x + 0, y + 0, x.size() * sizeof(float)) == 0;
}

// The largest error of a gradient, as a part of the scale of its column.
double largest_part(const Array<float>& is, const Numbers& expected, const Numbers& scale) {
    Numbers part(expected.size());
    for (size_t i = 0; i < part.size(); i++) part[i] = (is[i] - expected[i]) / scale[i % scale.size()];
    return largest_error(part, Numbers(part.size()), part.size());
}

int check(int n, int d) {
    Problem inputs(n, d, 64);
    Numbers a(inputs.a + 0, inputs.a + inputs.all()), b(inputs.b + 0, inputs.b + inputs.all());
    Result right = formula(a, b, n, d);
    int wrong = check_formula(a, b, n, d);
    for (const Version& version : VERSIONS) {
        Problem p(n, d, 64), again(n, d, 64);
        run(version, p);
        run(version, again);
        double loss = largest_error(p.loss + 0, &right.loss, 1) / right.loss, da = 0, db = 0;
        if (version.backward != nullptr) {
            da = largest_part(p.da, right.da, right.da_scale);
            db = largest_part(p.db, right.db, right.db_scale);
        }
        bool close = loss <= LIMIT && da <= LIMIT && db <= LIMIT, kept = p.fenced();
        bool twice = same(p.loss, again.loss) && same(p.da, again.da) && same(p.db, again.db);
        std::printf("%-17s n %3d, d %3d: error of the loss %.1e", version.name, n, d, loss);
        if (version.backward != nullptr) std::printf(", of da %.1e, of db %.1e", da, db);
        std::printf("%s%s%s\n", close ? "" : "  WRONG", kept ? "" : "  WRITES BEYOND ITS ARRAYS",
            twice ? "" : "  NOT THE SAME TWICE");
        wrong += !close || !kept || !twice;
    }
    return wrong;
}

#ifndef ON_EMULATOR
void measure(int n, int d) {
    Problem p(n, d, 512);
    std::printf("%s, n = %d, d = %d\n", device_name(), n, d);
    for (const Version& version : VERSIONS) {
        float forward = median_time([&] { version.forward(p); });
        std::printf("%-17s forward %9.3f ms", version.name, forward);
        if (version.backward != nullptr) std::printf(", backward %9.3f ms", median_time([&] { version.backward(p); }));
        std::printf("\n");
    }
}
#endif

int main() {
    int wrong = check(3, 65) + check(33, 130) + check(70, 33) + check(129, 70);
    if (wrong > 0) return 1;
    std::printf("all versions agree with the formula\n");
#ifndef ON_EMULATOR
    for (int n : {256, 1024, 4096}) measure(n, 8192);
#endif
    return 0;
}
