/* What the machine can do at most, in C: the loops of Ceilings.java, which are to be no slower than these.
 *
 *   cc -O3 -march=native -ffp-contract=fast -pthread ceilings.c -o ceilings && ./ceilings THREADS
 *
 * Reads requests from its input and answers each by a line, as Child.java does. Linux and macOS, gcc or clang.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float vec __attribute__((vector_size(4 * LANES)));

#define FLOPS (1L << 29)                               /* of one call of the multiply-adds, on each thread */
#define CHAINS 10                                      /* independent sums: more than two units of latency four need */

enum what { FMA, FILL, MAP, ZIP, UPDATE };

static enum what what;
static long threads, n;
static float *x, *y, *z;
static volatile float sink;

static float multiply_adds(void) {
    vec a = {0}, b = {0}, s[CHAINS];
    for (int lane = 0; lane < LANES; lane++) { a[lane] = 0.999f; b[lane] = 0.5f; }
    for (int i = 0; i < CHAINS; i++) s[i] = a;
    for (long step = FLOPS / (2 * CHAINS * LANES); step > 0; step--) {
#pragma GCC unroll 16
        for (int i = 0; i < CHAINS; i++) s[i] = s[i] * a + b;
    }
    float sum = 0;
    for (int i = 0; i < CHAINS; i++) sum += s[i][0] + s[i][LANES - 1];
    return sum;
}

static void *part(void *number) {
    long t = (long) number, from = n * t / threads / 16 * 16, to = t + 1 == threads ? n : n * (t + 1) / threads / 16 * 16;
    float *restrict p = x, *restrict q = y, *restrict r = z;
    switch (what) {
        case FMA: sink = multiply_adds(); break;
        case FILL: for (long i = from; i < to; i++) p[i] = 1.5f; break;
        case MAP: for (long i = from; i < to; i++) q[i] = p[i] + 1.5f; break;
        case ZIP: for (long i = from; i < to; i++) r[i] = p[i] + q[i]; break;
        case UPDATE:
            for (long i = from; i < to; i++) {
                float v = 0.5f * q[i] + r[i];
                q[i] = v;
                p[i] += 0.5f * v;
            }
            break;
    }
    return NULL;
}

static void call(void) {
    pthread_t others[64];
    for (long t = 1; t < threads; t++) pthread_create(&others[t], NULL, part, (void *) t);
    part((void *) 0);
    for (long t = 1; t < threads; t++) pthread_join(others[t], NULL);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static double seconds_per_call(long calls) {
    double start = now();
    for (long i = 0; i < calls; i++) call();
    return (now() - start) / calls;
}

static int prepare(const char *name) {
    static const char *names[] = {"ceiling-fma", "ceiling-fill/", "ceiling-map/", "ceiling-zip/", "ceiling-update/"};
    for (int i = 0; i < 5; i++) {
        if (strncmp(name, names[i], strlen(names[i])) != 0) continue;
        what = (enum what) i;
        free(x), free(y), free(z);
        n = what == FMA ? 16 : atol(name + strlen(names[i]));
        x = aligned_alloc(64, 4 * n + 64), y = aligned_alloc(64, 4 * n + 64), z = aligned_alloc(64, 4 * n + 64);
        for (long k = 0; k < n; k++) x[k] = y[k] = z[k] = 1;
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    char line[200], name[100];
    double seconds, per_call = 1;
    threads = argc > 1 ? atol(argv[1]) : 1;
    if (threads < 1 || threads > 64) return 2;
    printf("here C, compiler %s, %d-bit vectors\n", __VERSION__, 32 * LANES);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "prepare %99s %lf", name, &seconds) == 2) {
            if (prepare(name)) { per_call = seconds_per_call(3); printf("ok\n"); } else printf("fail no case %s\n", name);
        } else if (sscanf(line, "round %99s %lf", name, &seconds) == 2) {
            long calls = (long) (seconds / per_call);
            if (calls < 1) calls = 1;
            per_call = seconds_per_call(calls);
            printf("ok %.9g 0 %ld\n", per_call, calls);
        } else {
            printf("ok\n");
        }
        fflush(stdout);
    }
    return 0;
}
