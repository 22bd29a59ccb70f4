/*
Maximum and mean over square windows, and their gradients.                           ops: invar.core.PoolingOp

    max_pool_forward    y[p, i, j] = max of x over the window at (i stride - padding, j stride - padding);
                        place = h W + w of the first maximum
    max_pool_backward   dx[p, h, w] = sum of dy[p, i, j] over the windows with place[p, i, j] = h W + w
    avg_pool_forward    y[p, i, j] = sum of x over the window / kernel^2
    avg_pool_backward   dx[p, h, w] = sum of dy[p, i, j] over the windows that hold (h, w) / kernel^2

x, dx      (planes, H, W), planes = N C           y, dy, place  (planes, H', W')
launch     one thread an element of the output, grid = min(ceil(n / 256), 32 blocks a multiprocessor), block = 256;
           max_pool_backward: a warp for each 2048 pixels of a plane, grid = ceil(planes ceil(H W / 2048) / 4),
           block = 128
traffic    inputs read once from memory (windows overlap in the caches), outputs written once. max_pool_backward: places
           may be any, so a warp reads all places of its plane, mostly from the first-level cache, which it shares with
           the other warps of the plane, and dy where it needs it; it adds up in shared memory and writes dx once
numerics   f32. Padding counts as absent; NaN is never greater, so it is found only where it is first
order      an output has one writer, which adds its windows in their order, also where several windows that a warp looks
           at together have the same place: bitwise reproducible, no atomics
versions   not measured yet on a GPU
*/
#include "common.cuh"

struct Windows {
    int height, width, out_height, out_width, kernel, stride, padding;
};

// Where the window of output i begins and ends.
struct Window {
    i64 plane;
    int top, bottom, left, right;

    __device__ __forceinline__ Window(const Windows& w, i64 i) {
        i64 row = i / w.out_width;
        plane = row / w.out_height;
        int vertical = static_cast<int>(row - plane * w.out_height) * w.stride - w.padding;
        int horizontal = static_cast<int>(i - row * w.out_width) * w.stride - w.padding;
        top = max(vertical, 0);
        bottom = min(vertical + w.kernel, w.height);
        left = max(horizontal, 0);
        right = min(horizontal + w.kernel, w.width);
    }
};

KERNEL max_pool_forward(const float* __restrict__ xs, float* __restrict__ ys, int* __restrict__ places, i64 n,
    Windows w) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        Window window(w, i);
        const float* x = xs + window.plane * w.height * w.width;
        int best = window.top * w.width + window.left;
        float maximum = x[best];
        for (int row = window.top; row < window.bottom; row++) {
            for (int column = window.left; column < window.right; column++) {
                int place = row * w.width + column;
                float value = x[place];
                if (value > maximum) {
                    maximum = value;
                    best = place;
                }
            }
        }
        ys[i] = maximum;
        places[i] = best;
    }
}

KERNEL avg_pool_forward(const float* __restrict__ xs, float* __restrict__ ys, i64 n, Windows w, float factor) {
    for (i64 i = first_element(); i < n; i += all_threads()) {
        Window window(w, i);
        const float* x = xs + window.plane * w.height * w.width;
        float sum = 0;
        for (int row = window.top; row < window.bottom; row++) {
            for (int column = window.left; column < window.right; column++) sum += x[row * w.width + column];
        }
        ys[i] = sum * factor;
    }
}

// Windows i with i stride - padding <= h < i stride - padding + kernel.
KERNEL avg_pool_backward(const float* __restrict__ dys, float* __restrict__ dxs, i64 n, Windows w, float factor) {
    for (i64 at = first_element(); at < n; at += all_threads()) {
        i64 row = at / w.width, plane = row / w.height;
        int h = static_cast<int>(row - plane * w.height) + w.padding;
        int v = static_cast<int>(at - row * w.width) + w.padding;
        int top = max(h - w.kernel + w.stride, 0) / w.stride, bottom = min(h / w.stride + 1, w.out_height);
        int left = max(v - w.kernel + w.stride, 0) / w.stride, right = min(v / w.stride + 1, w.out_width);
        const float* dy = dys + plane * w.out_height * w.out_width;
        float sum = 0;
        for (int i = top; i < bottom; i++) {
            for (int j = left; j < right; j++) sum += dy[i * w.out_width + j];
        }
        dxs[at] = sum * factor;
    }
}

constexpr int PIXELS = 2048, WARPS = 4;                  // invar.cuda.Poolings says the same

// Warps are on their own: 2048 pixels of a plane each, whose sums are in shared memory. 32 windows are looked at
// together; the first lane of those that have the same place adds them all, in their order.
KERNEL __launch_bounds__(WARPS* WARP) max_pool_backward(const float* __restrict__ dys, const int* __restrict__ places,
    float* __restrict__ dxs, i64 planes, int pixels, int windows) {
    __shared__ float all_sums[WARPS][PIXELS];
    int lane = threadIdx.x % WARP, pieces = (pixels + PIXELS - 1) / PIXELS;
    i64 unit = static_cast<i64>(blockIdx.x) * WARPS + threadIdx.x / WARP, plane = unit / pieces;
    if (plane >= planes) return;                         // the whole warp
    int first = static_cast<int>(unit - plane * pieces) * PIXELS, count = min(PIXELS, pixels - first);
    float* sums = all_sums[threadIdx.x / WARP];
    for (int k = lane; k < count; k += WARP) sums[k] = 0;
    __syncwarp();
    const int* place = places + plane * windows;
    const float* dy = dys + plane * windows;
    for (int at = 0; at < windows; at += WARP) {
        int i = at + lane, pixel = i < windows ? place[i] - first : -1;
        bool mine = pixel >= 0 && pixel < count;
        if (__ballot_sync(ALL_LANES, mine) == 0) continue;
        float value = mine ? dy[i] : 0.0f;
        unsigned same = __match_any_sync(ALL_LANES, mine ? pixel : -1 - lane);
        bool leads = mine && __ffs(same) - 1 == lane;
        unsigned rest = leads ? same & (same - 1) : 0;   // the others with this place, in order
        float sum = leads ? sums[pixel] + value : 0.0f;
        while (__any_sync(ALL_LANES, rest != 0)) {
            float other = __shfl_sync(ALL_LANES, value, rest == 0 ? lane : __ffs(rest) - 1);
            if (rest != 0) sum += other;
            rest &= rest - 1;
        }
        if (leads) sums[pixel] = sum;
        __syncwarp();
    }
    float* dx = dxs + plane * pixels + first;
    for (int k = lane; k < count; k += WARP) dx[k] = sums[k];
}
