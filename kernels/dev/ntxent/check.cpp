// Runs all versions on the emulator of engine-cuda's tests and compares them with the formula in double precision.
#include "../../../engine-cuda/src/test/cpp/emulator.h"
#include "../../../engine-cuda/src/test/cpp/scheduler.h"

#include "v1_naive.cu"
#include "v2_shared_tiles.cu"
#include "v3_register_tiles.cu"
#include "v4_no_matrix.cu"

#include <cstdio>
#include <random>
#include <vector>

namespace {

int m, d, bad = 0;
float temperature = 0.2f;
std::vector<float> u, lse, du, matrix;
std::vector<double> right_lse, right_du;

double similarity(int i, int k) {
    double s = 0;
    for (int j = 0; j < d; j++) s += static_cast<double>(u[i * d + j]) * u[k * d + j];
    return s / temperature;
}

void reference() {
    right_lse.assign(m, 0);
    right_du.assign(m * d, 0);
    for (int i = 0; i < m; i++) {
        for (int k = 0; k < m; k++) right_lse[i] += k == i ? 0 : std::exp(similarity(i, k));
        right_lse[i] = std::log(right_lse[i]);
    }
    for (int i = 0; i < m; i++) {
        for (int k = 0; k < m; k++) {
            if (k == i) continue;
            double s = similarity(i, k), w = std::exp(s - right_lse[i]) + std::exp(s - right_lse[k]);
            for (int j = 0; j < d; j++) right_du[i * d + j] += (w - 2 * (k == (i + m / 2) % m)) * u[k * d + j];
        }
    }
}

template <class F>
void launch(unsigned x, unsigned y, unsigned threads, F kernel) {
    std::string fault = emulator::run({{x, y, 1}, {threads, 1, 1}, 0}, kernel);
    if (fault.empty()) return;
    std::printf("%s\n", fault.c_str());
    bad = 1;
}

void clear() {
    lse.assign(m, NAN);
    du.assign(m * d, NAN);
    matrix.assign(m * m, NAN);
}

// NaN, which no limit allows, as soon as one number is: what has not been written must not pass.
double largest_error(const std::vector<float>& is, const std::vector<double>& expected) {
    double most = 0;
    for (size_t i = 0; i < is.size(); i++) {
        double error = std::fabs(is[i] - expected[i]);
        if (std::isnan(error)) return error;
        most = std::fmax(most, error);
    }
    return most;
}

void compare(const char* version) {
    double first = largest_error(lse, right_lse), second = largest_error(du, right_du);
    bool right = first < 1e-5 && second < 1e-5;
    std::printf("%s (%d, %d): largest error of lse %.1e, of du %.1e%s\n", version, m, d, first, second,
        right ? "" : "  WRONG");
    bad |= !right;
}

unsigned blocks(int n, int side) { return (n + side - 1) / side; }

void all() {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    u.assign(m * d, 0);
    for (int i = 0; i < m; i++) {
        double squares = 0;
        for (int j = 0; j < d; j++) squares += std::pow(u[i * d + j] = normal(random), 2);
        for (int j = 0; j < d; j++) u[i * d + j] /= std::sqrt(squares);
    }
    reference();
    float *p = u.data(), *s = nullptr;
    clear();
    launch(blocks(m, 128), 1, 128, [&] { v1_forward(p, lse.data(), m, d, temperature); });
    launch(blocks(m, 128), 1, 128, [&] { v1_backward(p, lse.data(), du.data(), m, d, temperature); });
    compare("v1");
    clear();
    s = matrix.data();
    launch(blocks(m, 16), blocks(m, 16), 256, [&] { v2_similarities(p, s, m, d, temperature); });
    launch(m, 1, 256, [&] { v2_forward(s, lse.data(), m, temperature); });
    launch(8, 1, 256, [&] { v2_weights(s, lse.data(), m); });
    launch(blocks(d, 16), blocks(m, 16), 256, [&] { v2_backward(s, p, du.data(), m, d); });
    compare("v2");
    clear();
    s = matrix.data();
    launch(blocks(m, 64), blocks(m, 64), 256, [&] { v3_similarities(p, s, m, d, temperature); });
    launch(m, 1, 256, [&] { v2_forward(s, lse.data(), m, temperature); });
    launch(8, 1, 256, [&] { v2_weights(s, lse.data(), m); });
    launch(blocks(d, 64), blocks(m, 64), 256, [&] { v3_backward(s, p, du.data(), m, d); });
    compare("v3");
    clear();
    launch(blocks(m, 64), 1, 256, [&] { v4_forward(p, lse.data(), m, d, temperature); });
    launch(blocks(m, 64), blocks(d, 128), 256, [&] { v4_backward(p, lse.data(), du.data(), m, d, temperature); });
    compare("v4");
}

}  // namespace

int main() {
    for (auto extents : {std::pair{66, 17}, std::pair{130, 140}}) {
        m = extents.first;
        d = extents.second;
        all();
    }
    if (bad == 0) std::printf("all versions agree with the formula\n");
    return bad;
}
