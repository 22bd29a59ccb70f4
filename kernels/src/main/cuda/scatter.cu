/*
Rows added up by number.                                                        op: invar.core.MovementOp (Scatter)

    y[r, j] = sum of x[i, j] over the i with index[i] = r, in the order of i

Few rows of x: a warp reads the whole index for the row of y that it writes. Many: the numbers i are sorted by index
first, without atomics and keeping their order, into at most 1024 buckets of 2^shift neighbouring rows; then a warp
reads the bucket of its row. So the sum reads at most max(1, R / 512) M indices, from caches.

x, index  (M, W), (M)                y  (R, W)
counts    (buckets, segments) + 1, i32: entries of a bucket in a segment of the index; after scatter_starts where they
          begin in `order`
order     (M): i, by bucket, then by segment, then by itself
launch    scatter_count, scatter_order: grid = (segments, ceil(buckets / 256)), block = 256
          scatter_starts: grid = 1, block = 1024
          scatter_sum: 128 columns of a row of y a warp, grid = ceil(R ceil(W / 128) / 8), block = 256
traffic   x read once, y written once; the index twice for each 256 buckets, then as above
numerics  f32
order     one lane adds an element's terms, in the order of i: bitwise reproducible. An index outside of 0 .. R - 1 is
          not checked, and its row is left out
versions  not measured yet on a GPU
*/
#include "common.cuh"

constexpr int THREADS = 256, SCAN_THREADS = 1024;        // invar.cuda.Scatters says the same
constexpr int KEYS = 1024;                               // indices in shared memory at a time
constexpr int COLUMNS = 4, TOGETHER = 4;                 // of a lane; rows in flight

// A thread for each bucket looks at all indices of a segment, which every lane reads at once.
struct Segment {
    i64 from, to;
    int bucket;

    __device__ __forceinline__ Segment(i64 n, i64 each) {
        from = blockIdx.x * each;
        to = min(n, from + each);
        bucket = blockIdx.y * THREADS + threadIdx.x;
    }

    // The buckets of the next indices, from `at` on; how many.
    __device__ __forceinline__ int load(const int* index, i64 at, int shift, int* keys) const {
        int count = static_cast<int>(min(static_cast<i64>(KEYS), to - at));
        __syncthreads();
        for (int k = threadIdx.x; k < count; k += THREADS) keys[k] = index[at + k] >> shift;
        __syncthreads();
        return count;
    }
};

KERNEL __launch_bounds__(THREADS) scatter_count(const int* __restrict__ index, int* __restrict__ counts, i64 n,
    i64 each, int buckets, int shift) {
    __shared__ int keys[KEYS];
    Segment segment(n, each);
    int found = 0;
    for (i64 at = segment.from; at < segment.to; at += KEYS) {
        int count = segment.load(index, at, shift, keys);
#pragma unroll 8
        for (int k = 0; k < count; k++) found += keys[k] == segment.bucket;
    }
    if (segment.bucket < buckets) counts[static_cast<i64>(segment.bucket) * gridDim.x + blockIdx.x] = found;
}

// counts[k] = sum of counts[j] over j < k; one more at the end.
KERNEL __launch_bounds__(SCAN_THREADS) scatter_starts(int* __restrict__ counts, int n) {
    __shared__ int totals[WARP];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, before = 0;
    for (int at = 0; at < n; at += SCAN_THREADS) {
        int k = at + threadIdx.x, own = k < n ? counts[k] : 0, sum = own;
        for (int step = 1; step < WARP; step *= 2) {
            int other = __shfl_up_sync(ALL_LANES, sum, step);
            if (lane >= step) sum += other;
        }
        __syncthreads();                                 // totals of the turn before have been read
        if (lane == WARP - 1) totals[warp] = sum;
        __syncthreads();
        int all = totals[lane], earlier = lane < warp ? all : 0;
        for (int step = WARP / 2; step > 0; step /= 2) {
            all += __shfl_xor_sync(ALL_LANES, all, step);
            earlier += __shfl_xor_sync(ALL_LANES, earlier, step);
        }
        if (k < n) counts[k] = before + earlier + sum - own;
        before += all;
    }
    if (threadIdx.x == 0) counts[n] = before;
}

KERNEL __launch_bounds__(THREADS) scatter_order(const int* __restrict__ index, const int* __restrict__ starts,
    int* __restrict__ order, i64 n, i64 each, int buckets, int shift) {
    __shared__ int keys[KEYS];
    Segment segment(n, each);
    bool inside = segment.bucket < buckets;
    i64 to = inside ? starts[static_cast<i64>(segment.bucket) * gridDim.x + blockIdx.x] : 0;
    for (i64 at = segment.from; at < segment.to; at += KEYS) {
        int count = segment.load(index, at, shift, keys);
        for (int k = 0; k < count; k++) {
            if (inside && keys[k] == segment.bucket) order[to++] = static_cast<int>(at + k);
        }
    }
}

// Without an order (null), every row of y looks at all n indices.
KERNEL __launch_bounds__(THREADS) scatter_sum(const float* __restrict__ x, const int* __restrict__ index,
    const int* __restrict__ order, const int* __restrict__ starts, float* __restrict__ y, i64 rows, i64 width, int n,
    int segments, int shift) {
    __shared__ int lists[THREADS];
    int lane = threadIdx.x % WARP;
    int* list = lists + threadIdx.x / WARP * WARP;
    i64 across = (width + COLUMNS * WARP - 1) / (COLUMNS * WARP);
    i64 unit = static_cast<i64>(blockIdx.x) * (THREADS / WARP) + threadIdx.x / WARP, row = unit / across;
    if (row >= rows) return;                             // the whole warp
    i64 column = (unit - row * across) * (COLUMNS * WARP) + lane, bucket = row >> shift;
    int from = order == nullptr ? 0 : starts[bucket * segments];
    int to = order == nullptr ? n : starts[(bucket + 1) * segments];
    bool filtered = order == nullptr || shift > 0;
    float sums[COLUMNS] = {};
    for (int at = from; at < to; at += WARP) {
        int i = at + lane;
        bool mine = i < to;
        if (mine && order != nullptr) i = order[i];
        if (mine && filtered) mine = index[i] == row;
        unsigned found = __ballot_sync(ALL_LANES, mine);
        if (found == 0) continue;
        if (mine) list[__popc(found & ((1u << lane) - 1))] = i;
        __syncwarp();
        int count = __popc(found);
        for (int k = 0; k < count; k += TOGETHER) {
            float v[TOGETHER][COLUMNS];
#pragma unroll
            for (int u = 0; u < TOGETHER; u++) {
                const float* from_row = x + (k + u < count ? list[k + u] : 0) * width;
#pragma unroll
                for (int c = 0; c < COLUMNS; c++) {
                    v[u][c] = k + u < count && column + c * WARP < width ? from_row[column + c * WARP] : 0.0f;
                }
            }
#pragma unroll
            for (int u = 0; u < TOGETHER; u++) {
#pragma unroll
                for (int c = 0; c < COLUMNS; c++) sums[c] += v[u][c];
            }
        }
        __syncwarp();
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
        if (column + c * WARP < width) y[row * width + column + c * WARP] = sums[c];
    }
}
