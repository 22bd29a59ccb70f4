/*
Views of images: a box is cut out and resized, then changed step by step.                       op: AugmentImages

    view = changes(resize(box of the image / 255))         formulas in invar.core.fused.AugmentImages

images (m, words) bytes of (3, height, width), four to an int; which (n); rows (n, 4 + 3 changes): top, left, height,
width of the box, then for each change its number and two amounts; views (n, 3, side, side)
launch   a block of 256 threads a view. augment_images: view and one plane to blur with in shared memory, which is
         sized at launch; augment_images_large: the view where it ends up, the plane in scratch memory of the block, and
         blocks take views in turn
traffic  the box once, and again from the cache for every output pixel that it weighs for; the view once. Large: the
         view twice for every change
numerics weights of the resampling and of the blur in f64, rounded; their sums in f32, in the order of the loops; the
         mean grey in f64
order    one thread a pixel and step, the mean by threads in turn and a tree: bitwise reproducible
versions not measured yet on a GPU
*/
#include "common.cuh"

// Divisions without the calls that exact ones make for their rare cases: calls cost registers. Two roundings or so off;
// |y| in 2^-126 ... 2^126.
__device__ __forceinline__ float over(float x, float y) {
#ifdef CUDA_EMULATOR
    return x / y;
#else
    return __fdividef(x, y);
#endif
}

// 1 / y: Newton's iteration, from 22 bits to 44 and to all.
__device__ __forceinline__ double reciprocal(double y) {
    double r = over(1.0f, static_cast<float>(y));
    r = r * fma(-y, r, 2.0);
    return r * fma(-y, r, 2.0);
}

// byte / 255, rounded once: the product with 1/255, and its error.
__device__ __forceinline__ float unit_of(unsigned char byte) {
    constexpr float R = 1 / 255.0f;
    float x = byte, q = x * R;
    return fmaf(fmaf(-q, 255.0f, x), R, q);
}

struct Sizes {
    int height, width, side, down, across, changes, words;           // down, across: room for weights a pixel
};

// The weights of one axis: output pixel i is a sum of `count` source pixels from start[i] on.
struct Taps {
    int* start;
    float* weight;
    int count;

    // For a box of n pixels that becomes `side`: all threads of a block share the work.
    __device__ __forceinline__ void prepare(int n, int side) {
        double scale = n * reciprocal(side), support = n > side ? scale : 1;
        double slope = reciprocal(support);
        count = min(n, n <= side ? 2 : (2 * n + side - 1) / side + 1);
        for (int i = threadIdx.x; i < side; i += blockDim.x) {
            double centre = scale * (i + 0.5);
            if (n <= side) centre = centre < 0.5 ? 0.5 : centre > n - 0.5 ? n - 0.5 : centre;
            int first = min(max(static_cast<int>(floor(centre - support + 0.5)), 0), n - count);
            double sum = 0;
            for (int k = 0; k < count; k++) sum += triangle(first + k + 0.5 - centre, slope);
            start[i] = first;
            sum = reciprocal(sum);
            for (int k = 0; k < count; k++) {
                weight[i * count + k] = static_cast<float>(triangle(first + k + 0.5 - centre, slope) * sum);
            }
        }
    }

    static __device__ __forceinline__ double triangle(double distance, double slope) {
        double height = 1 - fabs(distance) * slope;
        return height < 0 ? 0 : height;
    }
};

__device__ __forceinline__ float unit(float x) { return fminf(fmaxf(x, 0.0f), 1.0f); }
__device__ __forceinline__ float grey_of(float r, float g, float b) { return 0.2989f * r + 0.587f * g + 0.114f * b; }

// The box at `row`, resized; pixels beyond the image are 0.
__device__ __forceinline__ void crop(const unsigned char* image, const float* row, const Sizes& z, const Taps& down,
    const Taps& across, float* x) {
    int top = static_cast<int>(row[0]), left = static_cast<int>(row[1]), area = z.side * z.side;
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
        int v = i / z.side, h = i - v * z.side, from = top + down.start[v], begin = left + across.start[h];
        for (int c = 0; c < 3; c++) {
            float sum = 0;
            for (int k = 0; k < down.count; k++) {
                int y = from + k;
                float part = 0;
                if (y >= 0 && y < z.height) {
                    const unsigned char* line = image + (static_cast<i64>(c) * z.height + y) * z.width;
                    for (int l = 0; l < across.count; l++) {
                        int at = begin + l;
                        float pixel = at >= 0 && at < z.width ? unit_of(line[at]) : 0.0f;
                        part += across.weight[h * across.count + l] * pixel;
                    }
                }
                sum += down.weight[v * down.count + k] * part;
            }
            x[c * area + i] = sum;
        }
    }
}

__device__ __forceinline__ void flip(float* x, int side) {
    int half = side / 2;
    for (int i = threadIdx.x; i < 3 * side * half; i += blockDim.x) {
        int row = i / half, j = i - row * half, other = row * side + side - 1 - j;
        float left = x[row * side + j];
        x[row * side + j] = x[other];
        x[other] = left;
    }
}

// y = clamp(factor x + shift).
__device__ __forceinline__ void blend(float* x, int n, float factor, float shift) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) x[i] = unit(factor * x[i] + shift);
}

__device__ __forceinline__ void contrast(float* x, int area, float factor, double* parts) {
    double sum = 0;
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
        sum += 0.2989f * static_cast<double>(x[i]) + 0.587f * static_cast<double>(x[area + i])
            + 0.114f * static_cast<double>(x[2 * area + i]);
    }
    sum = block_sum(sum, parts);
    blend(x, 3 * area, factor, static_cast<float>((1 - factor) * sum * reciprocal(area)));
}

// y = clamp(factor x + (1 - factor) grey); all grey for factor 0.
__device__ __forceinline__ void saturation(float* x, int area, float factor) {
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
        float grey = (1 - factor) * grey_of(x[i], x[area + i], x[2 * area + i]);
        for (int c = 0; c < 3; c++) x[c * area + i] = unit(factor * x[c * area + i] + grey);
    }
}

__device__ __forceinline__ void grayscale(float* x, int area) {
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
        float grey = grey_of(x[i], x[area + i], x[2 * area + i]);
        for (int c = 0; c < 3; c++) x[c * area + i] = grey;
    }
}

__device__ __forceinline__ void hue(float* x, int area, float turns) {
    for (int i = threadIdx.x; i < area; i += blockDim.x) {
        float r = x[i], g = x[area + i], b = x[2 * area + i];
        float least = fminf(r, fminf(g, b)), d = fmaxf(r, fmaxf(g, b)) - least;
        float h = 1 + over(g + b - r - least, fmaxf(d, 1e-20f));
        h = 6 * turns + (g < b ? -h : h);
        for (int c = 0; c < 3; c++) {
            float distance = fabsf(h - 2.0f * c), around = fminf(distance, fabsf(distance - 6));
            x[c * area + i] = least + d * unit(2 - around);
        }
    }
}

__device__ __forceinline__ void solarize(float* x, int n, float threshold) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) x[i] = x[i] >= threshold ? 1 - x[i] : x[i];
}

__device__ __forceinline__ void normalize(float* x, int area, float mean, float deviation) {
    for (int i = threadIdx.x; i < area; i += blockDim.x) x[i] = over(x[i] - mean, deviation);
}

// The sum at place `along` of an axis whose pixels are `stride` apart; x is its first.
__device__ __forceinline__ float blurred(const float* x, int stride, int side, int along, const float* kernel,
    int size) {
    float sum = 0;
    for (int k = 0; k < size; k++) {
        int j = abs(along + k - size / 2), mirrored = j < side ? j : 2 * (side - 1) - j;
        sum += kernel[k] * x[mirrored * stride];
    }
    return sum;
}

__device__ __forceinline__ void blur(float* x, int side, float sigma, int size, float* kernel, float* plane) {
    if (threadIdx.x == 0) {
        double sum = 0, scale = -0.5 * reciprocal(static_cast<double>(sigma) * sigma);
        for (int k = 0; k < size; k++) sum += exp(scale * (k - size / 2) * (k - size / 2));
        sum = reciprocal(sum);
        for (int k = 0; k < size; k++) {
            kernel[k] = static_cast<float>(exp(scale * (k - size / 2) * (k - size / 2)) * sum);
        }
    }
    __syncthreads();
    int area = side * side;
    for (int c = 0; c < 3; c++, x += area) {
        for (int i = threadIdx.x; i < area; i += blockDim.x) {
            int row = i / side;
            plane[i] = blurred(x + row * side, 1, side, i - row * side, kernel, size);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < area; i += blockDim.x) {
            int row = i / side;
            x[i] = blurred(plane + i - row * side, side, side, row, kernel, size);
        }
        __syncthreads();
    }
}

// As invar.core.fused.AugmentImages.Change.
enum Change { NONE, FLIP, BRIGHTNESS, CONTRAST, SATURATION, HUE, GREY, BLUR, SOLARIZE, NORMALIZE };

// Makes the view x (3, side, side). `small` has room for the weights and starts of both axes and for a blur's kernel
// of 2 side numbers; plane: (side, side).
__device__ __forceinline__ void augment(const unsigned char* image, const float* row, const Sizes& z, float* small,
    float* plane, float* x, double* parts) {
    int side = z.side, area = side * side;
    float* kernel = small + side * (z.down + z.across);
    int* starts = reinterpret_cast<int*>(kernel + 2 * side);
    Taps down{starts, small, 0}, across{starts + side, small + side * z.down, 0};
    down.prepare(static_cast<int>(row[2]), side);
    across.prepare(static_cast<int>(row[3]), side);
    __syncthreads();
    crop(image, row, z, down, across, x);
    for (int k = 0; k < z.changes; k++) {
        const float* change = row + 4 + 3 * k;
        int what = static_cast<int>(change[0]);
        float a = change[1], b = change[2];
        if (what == NONE) continue;
        __syncthreads();
        switch (what) {
            case FLIP: flip(x, side); break;
            case BRIGHTNESS: blend(x, 3 * area, a, 0); break;
            case CONTRAST: contrast(x, area, a, parts); break;
            case SATURATION: saturation(x, area, a); break;
            case HUE: hue(x, area, a); break;
            case GREY: grayscale(x, area); break;
            case BLUR: blur(x, side, a, static_cast<int>(b), kernel, plane); break;
            case SOLARIZE: solarize(x, 3 * area, a); break;
            default: normalize(x + (what - NORMALIZE) * area, area, a, b);
        }
    }
    __syncthreads();
}

__device__ __forceinline__ const unsigned char* bytes_of(const int* images, i64 image, const Sizes& z) {
    return reinterpret_cast<const unsigned char*>(images + image * z.words);
}

KERNEL __launch_bounds__(256, 3) augment_images(const int* __restrict__ images, const int* __restrict__ which,
    const float* __restrict__ rows, float* __restrict__ views, i64 n, Sizes z) {
    SHARED_BYTES(room);
    __shared__ double parts[WARP];
    int area = z.side * z.side;
    float *x = reinterpret_cast<float*>(room), *plane = x + 3 * area, *small = plane + area;
    for (i64 i = blockIdx.x; i < n; i += gridDim.x) {
        augment(bytes_of(images, which[i], z), rows + i * (4 + 3 * z.changes), z, small, plane, x, parts);
        for (int j = threadIdx.x; j < 3 * area; j += blockDim.x) views[i * 3 * area + j] = x[j];
        __syncthreads();
    }
}

// scratch: for each block a plane and what else augment needs, `each` floats.
KERNEL __launch_bounds__(256, 3) augment_images_large(const int* __restrict__ images, const int* __restrict__ which,
    const float* __restrict__ rows, float* views, i64 n, Sizes z, float* scratch, i64 each) {
    __shared__ double parts[WARP];
    int area = z.side * z.side;
    float *plane = scratch + blockIdx.x * each, *small = plane + area;
    for (i64 i = blockIdx.x; i < n; i += gridDim.x) {
        augment(bytes_of(images, which[i], z), rows + i * (4 + 3 * z.changes), z, small, plane, views + i * 3 * area,
            parts);
    }
}
