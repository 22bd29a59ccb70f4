// A stand-in for libcudnn.so.MAJOR: the functions that the backend calls, as plain loops. With TOO_OLD one is missing.
// Like the real one it loads its parts by name when a handle is made, and ends the process if one is missing.
#include <vector>

#include "standin.h"

namespace {

#if MAJOR >= 9
enum Status { SUCCESS = 0, NOT_INITIALIZED = 1001, BAD_PARAM = 2000, NOT_SUPPORTED = 3000, EXECUTION_FAILED = 5000 };
const char* const PARTS[] = {"graph", "engines_runtime_compiled", "engines_precompiled", "heuristic", "ops", "cnn"};
#else
enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, BAD_PARAM = 3, EXECUTION_FAILED = 8, NOT_SUPPORTED = 9 };
const char* const PARTS[] = {"ops_infer", "ops_train", "cnn_infer", "cnn_train"};
#endif
enum Math { DEFAULT_MATH = 0, CONVERSION = 2, FMA_MATH = 3 };

struct Handle {
    void* stream;
};
struct Extents {                                   // of a tensor or of a filter
    int n, c, h, w;
    size_t bytes() const { return size_t(4) * n * c * h * w; }
};
struct Convolution {
    int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups, math;
};
struct Performance {
    int algorithm, status;
    float time;
    size_t memory;
    int determinism, math, reserved[3];
};
enum Pass { FORWARD, DATA, FILTER };

long long convolutions, described, workspace_bytes = 1000;
int refusal;

int fits(const Extents& x, const Extents& w, const Extents& y, const Convolution& c) {
    auto out = [](int in, int kernel, int pad, int stride, int dilation) {
        return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    };
    return x.n == y.n && y.c == w.n && x.c == w.c * c.groups && w.n % c.groups == 0
        && y.h == out(x.h, w.h, c.pad_h, c.stride_h, c.dilation_h)
        && y.w == out(x.w, w.w, c.pad_w, c.stride_w, c.dilation_w);
}

// Which algorithms give the same bits each time and sum products: the only ones that the backend may ask for.
bool good(Pass pass, int algorithm) { return pass == FORWARD ? algorithm >= 0 && algorithm <= 2 : algorithm == 1; }

size_t workspace(Pass pass, int algorithm) { return pass == FORWARD && algorithm == 0 ? 0 : workspace_bytes; }

int propose(Pass pass, const Extents& x, const Extents& w, const Extents& y, const Convolution& c, int wanted,
    int* count, Performance* found) {
    if (!fits(x, w, y, c)) return BAD_PARAM;
    // The best are of no use: not deterministic, by Fourier transform or Winograd, or converting to half precision.
    std::vector<Performance> all;
    auto add = [&](int algorithm, int status, bool deterministic, int math) {
        all.push_back({algorithm, status, 1.0f, workspace(pass, algorithm), deterministic, math, {0, 0, 0}});
    };
    if (pass == FORWARD) {
        add(6, SUCCESS, true, c.math);
        add(4, SUCCESS, true, c.math);
        add(1, SUCCESS, true, CONVERSION);
        add(2, NOT_SUPPORTED, true, c.math);
        add(1, SUCCESS, true, c.math);
        add(0, SUCCESS, true, c.math);
    } else {
        add(0, SUCCESS, false, c.math);
        add(pass == DATA ? 4 : 3, SUCCESS, pass == DATA, c.math);
        add(1, SUCCESS, true, c.math);
    }
    *count = 0;
    for (const Performance& p : all) {
        if (*count < wanted) found[(*count)++] = p;
    }
    return SUCCESS;
}

int run(Handle* handle, Pass pass, const float* alpha, const Extents& x, void* to_x, const Extents& w, void* to_w,
    const Extents& y, void* to_y, const Convolution& c, int algorithm, void* room, size_t bytes, const float* beta) {
    if (refusal != 0) return refusal;
    if (handle->stream == nullptr) return NOT_INITIALIZED;
    if (!fits(x, w, y, c) || *alpha != 1 || *beta != 0) return BAD_PARAM;
    if (!good(pass, algorithm) || c.math == CONVERSION) return NOT_SUPPORTED;
    size_t needed = workspace(pass, algorithm);
    if (bytes < needed || (needed > 0 && !standin::inside(room, bytes))) return BAD_PARAM;
    if (!standin::inside(to_x, x.bytes()) || !standin::inside(to_w, w.bytes()) || !standin::inside(to_y, y.bytes())) {
        return BAD_PARAM;
    }
    int bits = c.math == FMA_MATH ? 24 : 11;
    convolutions++;
    int status = standin::enqueue([=] {
        if (needed > 0) std::memset(room, 0xFF, needed);
        float* px = static_cast<float*>(to_x);
        float* pw = static_cast<float*>(to_w);
        float* py = static_cast<float*>(to_y);
        size_t outputs = pass == FORWARD ? y.bytes() / 4 : pass == DATA ? x.bytes() / 4 : w.bytes() / 4;
        std::vector<double> sums(outputs);
        int per = w.n / c.groups;
        for (int n = 0; n < y.n; n++)
        for (int o = 0; o < y.c; o++)
        for (int i = 0; i < y.h; i++)
        for (int j = 0; j < y.w; j++)
        for (int d = 0; d < w.c; d++)
        for (int u = 0; u < w.h; u++)
        for (int v = 0; v < w.w; v++) {
            int row = i * c.stride_h + u * c.dilation_h - c.pad_h, column = j * c.stride_w + v * c.dilation_w - c.pad_w;
            if (row < 0 || row >= x.h || column < 0 || column >= x.w) continue;
            size_t at_x = ((size_t(n) * x.c + o / per * w.c + d) * x.h + row) * x.w + column;
            size_t at_w = ((size_t(o) * w.c + d) * w.h + u) * w.w + v;
            size_t at_y = ((size_t(n) * y.c + o) * y.h + i) * y.w + j;
            auto r = [&](float value) { return double(standin::rounded(value, bits)); };
            if (pass == FORWARD) sums[at_y] += r(px[at_x]) * r(pw[at_w]);
            else if (pass == DATA) sums[at_x] += r(py[at_y]) * r(pw[at_w]);
            else sums[at_w] += r(py[at_y]) * r(px[at_x]);
        }
        float* to = pass == FORWARD ? py : pass == DATA ? px : pw;
        for (size_t l = 0; l < outputs; l++) to[l] = static_cast<float>(sums[l]);
    });
    return status == 0 ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace

API size_t cudnnGetVersion() { return MAJOR >= 9 ? MAJOR * 10000 + 501 : MAJOR * 1000 + 907; }
API size_t cudnnGetCudartVersion() { return standin::number("STANDIN_CUDART", MAJOR >= 9 ? 13000 : 12020); }
API const char* cudnnGetErrorString(int status) {
    switch (status) {
        case SUCCESS: return "CUDNN_STATUS_SUCCESS";
        case NOT_INITIALIZED: return "CUDNN_STATUS_NOT_INITIALIZED";
        case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
        case NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
        default: return "CUDNN_STATUS_EXECUTION_FAILED";
    }
}
API int cudnnCreate(Handle** handle) {
    for (const char* part : PARTS) {
        char name[100];
        std::snprintf(name, sizeof name, "libcudnn_%s.so.%d", part, MAJOR);
        if (dlopen(name, RTLD_NOW) == nullptr) {
            std::fprintf(stderr, "Could not load library %s\n", name);
            std::abort();
        }
    }
    char blas[100];
    std::snprintf(blas, sizeof blas, "libcublasLt.so.%d", int(cudnnGetCudartVersion() / 1000));
    if (dlopen(blas, RTLD_NOW) == nullptr) {
        std::fprintf(stderr, "Could not load library %s\n", blas);
        std::abort();
    }
    int status = standin::number("STANDIN_CUDNN_CREATE", SUCCESS);
    if (status == SUCCESS) *handle = new Handle{nullptr};
    return status;
}
API int cudnnDestroy(Handle* handle) {
    delete handle;
    return SUCCESS;
}
API int cudnnSetStream(Handle* handle, void* stream) {
    handle->stream = stream;
    return SUCCESS;
}

API int cudnnCreateTensorDescriptor(Extents** tensor) {
    described++;
    *tensor = new Extents();
    return SUCCESS;
}
API int cudnnSetTensor4dDescriptor(Extents* tensor, int format, int type, int n, int c, int h, int w) {
    if (format != 0 || type != 0) return NOT_SUPPORTED;
    *tensor = {n, c, h, w};
    return SUCCESS;
}
API int cudnnDestroyTensorDescriptor(Extents* tensor) {
    if (tensor != nullptr) described--;
    delete tensor;
    return SUCCESS;
}
API int cudnnCreateFilterDescriptor(Extents** filter) { return cudnnCreateTensorDescriptor(filter); }
API int cudnnSetFilter4dDescriptor(Extents* filter, int type, int format, int n, int c, int h, int w) {
    return cudnnSetTensor4dDescriptor(filter, format, type, n, c, h, w);
}
API int cudnnDestroyFilterDescriptor(Extents* filter) { return cudnnDestroyTensorDescriptor(filter); }
API int cudnnCreateConvolutionDescriptor(Convolution** c) {
    described++;
    *c = new Convolution();
    return SUCCESS;
}
API int cudnnSetConvolution2dDescriptor(Convolution* c, int pad_h, int pad_w, int stride_h, int stride_w,
    int dilation_h, int dilation_w, int mode, int type) {
    if (mode != 1 || type != 0) return NOT_SUPPORTED;
    *c = {pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, 1, DEFAULT_MATH};
    return SUCCESS;
}
API int cudnnSetConvolutionGroupCount(Convolution* c, int groups) {
    c->groups = groups;
    return SUCCESS;
}
API int cudnnSetConvolutionMathType(Convolution* c, int math) {
    if (math < DEFAULT_MATH || math > FMA_MATH) return BAD_PARAM;
    c->math = math;
    return SUCCESS;
}
API int cudnnDestroyConvolutionDescriptor(Convolution* c) {
    if (c != nullptr) described--;
    delete c;
    return SUCCESS;
}

#ifndef TOO_OLD
API int cudnnGetConvolutionForwardAlgorithm_v7(Handle*, const Extents* x, const Extents* w, const Convolution* c,
    const Extents* y, int wanted, int* count, Performance* found) {
    return propose(FORWARD, *x, *w, *y, *c, wanted, count, found);
}
#endif
API int cudnnGetConvolutionBackwardDataAlgorithm_v7(Handle*, const Extents* w, const Extents* y, const Convolution* c,
    const Extents* x, int wanted, int* count, Performance* found) {
    return propose(DATA, *x, *w, *y, *c, wanted, count, found);
}
API int cudnnGetConvolutionBackwardFilterAlgorithm_v7(Handle*, const Extents* x, const Extents* y,
    const Convolution* c, const Extents* w, int wanted, int* count, Performance* found) {
    return propose(FILTER, *x, *w, *y, *c, wanted, count, found);
}
API int cudnnGetConvolutionForwardWorkspaceSize(Handle*, const Extents*, const Extents*, const Convolution*,
    const Extents*, int algorithm, size_t* bytes) {
    *bytes = workspace(FORWARD, algorithm);
    return SUCCESS;
}
API int cudnnGetConvolutionBackwardDataWorkspaceSize(Handle*, const Extents*, const Extents*, const Convolution*,
    const Extents*, int algorithm, size_t* bytes) {
    *bytes = workspace(DATA, algorithm);
    return SUCCESS;
}
API int cudnnGetConvolutionBackwardFilterWorkspaceSize(Handle*, const Extents*, const Extents*, const Convolution*,
    const Extents*, int algorithm, size_t* bytes) {
    *bytes = workspace(FILTER, algorithm);
    return SUCCESS;
}
API int cudnnConvolutionForward(Handle* handle, const float* alpha, const Extents* x, void* to_x, const Extents* w,
    void* to_w, const Convolution* c, int algorithm, void* room, size_t bytes, const float* beta, const Extents* y,
    void* to_y) {
    return run(handle, FORWARD, alpha, *x, to_x, *w, to_w, *y, to_y, *c, algorithm, room, bytes, beta);
}
API int cudnnConvolutionBackwardData(Handle* handle, const float* alpha, const Extents* w, void* to_w,
    const Extents* y, void* to_y, const Convolution* c, int algorithm, void* room, size_t bytes, const float* beta,
    const Extents* x, void* to_x) {
    return run(handle, DATA, alpha, *x, to_x, *w, to_w, *y, to_y, *c, algorithm, room, bytes, beta);
}
API int cudnnConvolutionBackwardFilter(Handle* handle, const float* alpha, const Extents* x, void* to_x,
    const Extents* y, void* to_y, const Convolution* c, int algorithm, void* room, size_t bytes, const float* beta,
    const Extents* w, void* to_w) {
    return run(handle, FILTER, alpha, *x, to_x, *w, to_w, *y, to_y, *c, algorithm, room, bytes, beta);
}

// What tests ask for.
API long long standin_convolutions() { return convolutions; }
API long long standin_described() { return described; }
API void standin_workspace(long long bytes) { workspace_bytes = bytes; }
API void standin_refuse_convolutions(long long status) { refusal = static_cast<int>(status); }
