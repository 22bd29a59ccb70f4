// A stand-in for libcublas.so.MAJOR: the functions that the backend calls, as plain loops. With TOO_OLD one is missing.
#include "standin.h"

namespace {

enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };

struct Handle {
    void* stream;
    bool workspace;
    int math;
};

long long products;
int refusal;

// Column-major, as everything here: element (i, j) of op(x).
float element(const float* x, int transposed, int leading, int i, int j) {
    return transposed != 0 ? x[size_t(i) * leading + j] : x[size_t(j) * leading + i];
}

int gemm(Handle* handle, int ta, int tb, int m, int n, int k, const float* alpha, const void* a, int a_type, int lda,
    long long step_a, const void* b, int b_type, int ldb, long long step_b, const float* beta, void* c, int c_type,
    int ldc, long long step_c, int batch, int compute, int algorithm) {
    if (refusal != 0) return refusal;
    if (handle == nullptr || handle->stream == nullptr || !handle->workspace) return NOT_INITIALIZED;
    if (a_type != 0 || b_type != 0 || c_type != 0 || algorithm != -1) return NOT_SUPPORTED;
    int bits = compute == 68 ? 24 : compute == 77 ? 11 : compute == 75 ? 8 : 0;
    if (bits == 0 || (bits == 24) != (handle->math == 0)) return NOT_SUPPORTED;
    int rows_a = ta ? k : m, columns_a = ta ? m : k, rows_b = tb ? n : k, columns_b = tb ? k : n;
    bool sizes = m > 0 && n > 0 && k > 0 && batch > 0 && lda >= rows_a && ldb >= rows_b && ldc >= m;
    if (!sizes) return INVALID_VALUE;
    auto bytes = [&](long long step, int leading, int rows, int columns) {
        return 4 * (size_t(step) * (batch - 1) + size_t(leading) * (columns - 1) + rows);
    };
    if (!standin::inside(a, bytes(step_a, lda, rows_a, columns_a)) || !standin::inside(b, bytes(step_b, ldb, rows_b,
        columns_b)) || !standin::inside(c, bytes(step_c, ldc, m, n))) return INVALID_VALUE;
    float scale = *alpha, keep = *beta;                                  // on the host, and read before this returns
    products++;
    int status = standin::enqueue([=] {
        for (int l = 0; l < batch; l++) {
            const float* x = static_cast<const float*>(a) + l * step_a;
            const float* y = static_cast<const float*>(b) + l * step_b;
            float* z = static_cast<float*>(c) + l * step_c;
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < m; i++) {
                    float sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += standin::rounded(element(x, ta, lda, i, p), bits)
                            * standin::rounded(element(y, tb, ldb, p, j), bits);
                    }
                    float& to = z[size_t(j) * ldc + i];
                    to = scale * sum + (keep == 0 ? 0 : keep * to);
                }
            }
        }
    });
    return status == 0 ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace

API int cublasCreate_v2(Handle** handle) {
    int status = standin::number("STANDIN_CUBLAS_CREATE", SUCCESS);
    if (status == SUCCESS) *handle = new Handle{nullptr, false, 0};
    return status;
}
API int cublasDestroy_v2(Handle* handle) {
    delete handle;
    return SUCCESS;
}
API int cublasGetProperty(int part, int* value) {
    *value = part == 0 ? MAJOR : part == 1 ? 1 : 2;
    return SUCCESS;
}
API int cublasSetStream_v2(Handle* handle, void* stream) {
    handle->stream = stream;
    handle->workspace = false;                                           // as the real one does
    return SUCCESS;
}
API int cublasSetWorkspace_v2(Handle* handle, void* workspace, size_t bytes) {
    if (reinterpret_cast<uint64_t>(workspace) % 256 != 0 || !standin::inside(workspace, bytes)) return INVALID_VALUE;
    handle->workspace = true;
    return SUCCESS;
}
API int cublasSetMathMode(Handle* handle, int mode) {
    handle->math = mode;
    return SUCCESS;
}
API int cublasGemmEx(Handle* handle, int ta, int tb, int m, int n, int k, const float* alpha, const void* a, int a_type,
    int lda, const void* b, int b_type, int ldb, const float* beta, void* c, int c_type, int ldc, int compute,
    int algorithm) {
    return gemm(handle, ta, tb, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb, 0, beta, c, c_type, ldc, 0, 1,
        compute, algorithm);
}
#ifndef TOO_OLD
API int cublasGemmStridedBatchedEx(Handle* handle, int ta, int tb, int m, int n, int k, const float* alpha,
    const void* a, int a_type, int lda, long long step_a, const void* b, int b_type, int ldb, long long step_b,
    const float* beta, void* c, int c_type, int ldc, long long step_c, int batch, int compute, int algorithm) {
    return gemm(handle, ta, tb, m, n, k, alpha, a, a_type, lda, step_a, b, b_type, ldb, step_b, beta, c, c_type, ldc,
        step_c, batch, compute, algorithm);
}
#endif

// What tests ask for.
API long long standin_products() { return products; }
API void standin_refuse_products(long long status) { refusal = static_cast<int>(status); }
