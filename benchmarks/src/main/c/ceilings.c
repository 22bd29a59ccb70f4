/* What the machine can do at most, in C: the loops of Ceilings.java, which are to be no slower than these.
 *
 *   cc -O3 -march=native -ffp-contract=fast -pthread ceilings.c -o ceilings && ./ceilings THREADS
 *
 * Reads requests from its input and answers each by a line, as Child.java does. Linux and macOS, gcc or clang.
 * On Linux each thread is bound to a processor of its own, as in Processors.java: left to itself, the system lets two
 * threads share one for a while, and half of the machine is taken for all of it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#ifdef __linux__
#include <sched.h>
#endif
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

#define FLOPS (1L << 31)                               /* of one call on each thread: 20 ms, so that waking is nothing */
#define CHAINS 10                                      /* independent sums: more than two units of latency four need */

enum what { FMA, ALONE, FILL, MAP, ZIP, UPDATE };

/* Several are prepared at a time: arithmetic and memory of one case. */
struct job {
    char name[100];                                    /* empty: nobody's */
    enum what what;
    long n;
    float *x, *y, *z;
    double per_call;                                   /* seconds, in the last round */
};

static struct job jobs[8], *job;                       /* the one that is called */
static long threads;
static volatile float sink;

static float multiply_adds(void) {
    vec a = {0}, b = {0}, s[CHAINS];
    for (int lane = 0; lane < LANES; lane++) { a[lane] = 0.999f; b[lane] = 0.5f; }
    for (int i = 0; i < CHAINS; i++) s[i] = a + 0.001f * i;  /* equal chains might be compiled into one */
    for (long step = FLOPS / (2 * CHAINS * LANES); step > 0; step--) {
#pragma GCC unroll 16
        for (int i = 0; i < CHAINS; i++) s[i] = s[i] * a + b;
    }
    float sum = 0;
    for (int i = 0; i < CHAINS; i++) sum += s[i][0] + s[i][LANES - 1];
    return sum;
}

static void *part(void *number) {
    long t = (long) number, n = job->n, from = n * t / threads / 16 * 16, to = t + 1 == threads ? n : n * (t + 1) / threads / 16 * 16;
    float *restrict p = job->x, *restrict q = job->y, *restrict r = job->z;
    switch (job->what) {
        case FMA: sink = multiply_adds(); break;
        case ALONE: if (t == 0) sink = multiply_adds(); break;
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

/* Processors for the threads, of each core one first; none if there are fewer processors than threads. */
static int processors[64], bound;

#ifdef __linux__
static int first_of_its_core(int processor) {
    char path[100];
    int first = processor;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", processor);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 1;
    if (fscanf(file, "%d", &first) != 1) first = processor;
    fclose(file);
    return first == processor;
}

static void choose_processors(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    for (int firsts = 1; firsts >= 0; firsts--) {
        for (int p = 0; p < CPU_SETSIZE && bound < threads; p++) {
            if (CPU_ISSET(p, &allowed) && first_of_its_core(p) == firsts) processors[bound++] = p;
        }
    }
    if (bound < threads) bound = 0;
}

static void bind_thread(long t) {
    cpu_set_t one;
    if (bound == 0) return;
    CPU_ZERO(&one);
    CPU_SET(processors[t], &one);
    if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0) fprintf(stderr, "ceilings: thread not bound\n");
}
#else
static void choose_processors(void) {}
static void bind_thread(long t) { (void) t; }
#endif

/* The other threads stay alive and wait for the next call. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begin = PTHREAD_COND_INITIALIZER, end = PTHREAD_COND_INITIALIZER;
static long calls_made, still_running;

static void *work(void *number) {
    bind_thread((long) number);
    for (long done = 0;; done++) {
        pthread_mutex_lock(&lock);
        while (calls_made == done) pthread_cond_wait(&begin, &lock);
        pthread_mutex_unlock(&lock);
        part(number);
        pthread_mutex_lock(&lock);
        if (--still_running == 0) pthread_cond_signal(&end);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void call(void) {
    pthread_mutex_lock(&lock);
    still_running = threads - 1;
    calls_made++;
    pthread_cond_broadcast(&begin);
    pthread_mutex_unlock(&lock);
    part((void *) 0);
    pthread_mutex_lock(&lock);
    while (still_running > 0) pthread_cond_wait(&end, &lock);
    pthread_mutex_unlock(&lock);
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

/* Calls for so long, and at least once, with all threads at work. */
static double warm_up(double seconds) {
    double start = now(), per_call = seconds_per_call(1);
    while (now() - start < seconds) per_call = seconds_per_call(1);
    return per_call;
}

static struct job *find(const char *name) {
    for (int i = 0; i < 8; i++) if (strcmp(jobs[i].name, name) == 0) return &jobs[i];
    return NULL;
}

static void release(struct job *old) {
    free(old->x), free(old->y), free(old->z);
    memset(old, 0, sizeof *old);
}

/* Empty, or why it cannot be prepared. */
static const char *prepare(const char *name) {
    static const char *names[] = {"ceiling-fma", "ceiling-fma-alone", "ceiling-fill/", "ceiling-map/", "ceiling-zip/",
                                  "ceiling-update/"};
    if (find(name) != NULL) release(find(name));
    struct job *new = find("");
    if (new == NULL) return "too many cases";
    for (int i = 0; i < 6; i++) {
        if (i < FILL ? strcmp(name, names[i]) != 0 : strncmp(name, names[i], strlen(names[i])) != 0) continue;
        long n = i < FILL ? 16 : atol(name + strlen(names[i]));
        size_t bytes = (4 * n + 127) / 64 * 64;
        *new = (struct job) {.what = (enum what) i, .n = n, .x = aligned_alloc(64, bytes),
                             .y = aligned_alloc(64, bytes), .z = aligned_alloc(64, bytes)};
        if (new->x == NULL || new->y == NULL || new->z == NULL) return release(new), "no memory";
        for (long k = 0; k < n; k++) new->x[k] = new->y[k] = new->z[k] = 1;
        strcpy(new->name, name);
        job = new;
        return "";
    }
    return "no such case";
}

int main(int argc, char **argv) {
    char line[200], name[100];
    double seconds;
    threads = argc > 1 ? atol(argv[1]) : 1;
    if (threads < 1 || threads > 64) return 2;
    choose_processors();
    for (long t = 1; t < threads; t++) {
        pthread_t other;
        if (pthread_create(&other, NULL, work, (void *) t) != 0) return 2;
    }
    bind_thread(0);
    printf("here C, compiler %s, %d-bit vectors, %s\n", __VERSION__, 32 * LANES,
           bound > 0 ? "a processor for each thread" : "threads not bound to processors");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "prepare %99s %lf", name, &seconds) == 2) {
            const char *why = prepare(name);
            if (*why == 0) job->per_call = warm_up(seconds);
            if (*why == 0) printf("ok\n"); else printf("fail %s: %s\n", name, why);
        } else if (sscanf(line, "round %99s %lf", name, &seconds) == 2 && find(name) != NULL) {
            job = find(name);
            long calls = (long) (seconds / job->per_call + 0.5);
            if (calls < 1) calls = 1;
            job->per_call = seconds_per_call(calls);
            printf("ok %.9g 0 %ld\n", job->per_call, calls);
        } else if (sscanf(line, "release %99s", name) == 1 && find(name) != NULL) {
            release(find(name));
            printf("ok\n");
        } else {
            printf("fail not understood: %s", line);
        }
        fflush(stdout);
    }
    return 0;
}
