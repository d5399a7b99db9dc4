#define _GNU_SOURCE

#include "common/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SEED = 20250214 };

static struct {
    const char *job, *only;
    FILE *json;
    char heading[160];
    bool headed; /* the columns of this case have been named */
    double begun;
} run;

/* --- the run --- */

void bench_fail(const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "%s: ", run.job ? run.job : "bench");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value && strcmp(value, "0") != 0;
}

int bench_scale(void)
{
    if (is_set("BENCH_TINY")) return BENCH_TINY;
    return is_set("BENCH_FULL") ? BENCH_FULL : BENCH_USUAL;
}

int64_t bench_pick(int64_t tiny, int64_t usual, int64_t full)
{
    int scale = bench_scale();
    return scale == BENCH_TINY ? tiny : scale == BENCH_USUAL ? usual : full;
}

uint64_t bench_seed(void)
{
    const char *given = getenv("ROTA_SEED");
    return given ? strtoull(given, NULL, 10) : SEED;
}

bool bench_wanted(const char *part)
{
    return !run.only || strcmp(run.only, part) == 0;
}

static double load_average(void)
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : 0;
}

void bench_begin(const char *job, int argc, char **argv)
{
    static const char *const scales[] = { "tiny", "usual", "full" };
    const char *json = getenv("BENCH_JSON");
    run.job = job;
    run.begun = bench_wall_ns();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc)
            json = argv[++i];
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            run.only = argv[++i];
        else
            bench_fail("usage: %s [--json FILE] [--only PART]", argv[0]);
    }
    if (json && *json && !(run.json = fopen(json, "a")))
        bench_fail("%s: %s", json, strerror(errno));
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    printf("%s: %s sizes, ROTA_SEED=%" PRIu64 ", %ld processors, load %.1f before\n", job,
           scales[bench_scale()], bench_seed(), cpus, load_average());
    if (run.json)
        fprintf(run.json,
                "{\"job\":\"%s\",\"scale\":\"%s\",\"seed\":%" PRIu64
                ",\"processors\":%ld,\"load\":%.2f}\n",
                job, scales[bench_scale()], bench_seed(), cpus, load_average());
}

void bench_end(void)
{
    printf("\n%s took %.1f s\n", run.job, (bench_wall_ns() - run.begun) / 1e9);
    if (run.json && fclose(run.json) != 0) bench_fail("results: %s", strerror(errno));
}

void *bench_alloc(int64_t count, size_t size)
{
    void *got = calloc((size_t)count + 1, size);
    if (!got) bench_fail("out of memory");
    return got;
}

/* --- clocks --- */

static double ns_of(clockid_t clock)
{
    struct timespec t = { 0 };
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double bench_cpu_ns(void)
{
    return ns_of(CLOCK_THREAD_CPUTIME_ID);
}

double bench_wall_ns(void)
{
    return ns_of(CLOCK_MONOTONIC);
}

void bench_sleep_until(double wall_ns)
{
    int64_t ns = (int64_t)wall_ns;
    struct timespec then = { .tv_sec = (time_t)(ns / 1000000000),
                             .tv_nsec = (long)(ns % 1000000000) };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL) == EINTR)
        ;
}

/* --- chance: splitmix64 --- */

uint64_t bench_next(bench_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int64_t bench_below(bench_random *random, int64_t n)
{
    return (int64_t)(bench_next(random) % (uint64_t)n);
}

/* --- samples --- */

void bench_add(bench_samples *samples, double value)
{
    if (samples->count == samples->room) {
        samples->room = samples->room ? samples->room * 2 : 64;
        double *grown = realloc(samples->values, (size_t)samples->room * sizeof *grown);
        if (!grown) bench_fail("out of memory");
        samples->values = grown;
    }
    samples->values[samples->count++] = value;
    samples->sorted = false;
}

void bench_add_all(bench_samples *samples, const bench_samples *more)
{
    for (int64_t i = 0; i < more->count; i++)
        bench_add(samples, more->values[i]);
}

static int by_value(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

double bench_quantile(bench_samples *samples, double q)
{
    if (samples->count == 0) return 0;
    if (!samples->sorted)
        qsort(samples->values, (size_t)samples->count, sizeof *samples->values, by_value);
    samples->sorted = true;
    int64_t at = (int64_t)(q * (double)samples->count);
    return samples->values[at < samples->count ? at : samples->count - 1];
}

double bench_median(bench_samples *samples)
{
    return bench_quantile(samples, 0.5);
}

double bench_sum(const bench_samples *samples)
{
    double sum = 0;
    for (int64_t i = 0; i < samples->count; i++)
        sum += samples->values[i];
    return sum;
}

void bench_samples_free(bench_samples *samples)
{
    free(samples->values);
    *samples = (bench_samples){ 0 };
}

/* --- results --- */

void bench_case(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(run.heading, sizeof run.heading, format, args);
    va_end(args);
    printf("\n%s\n", run.heading);
    run.headed = false;
}

void bench_note(const char *format, ...)
{
    va_list args;
    printf("  ");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
}

/* A number with as many digits as say something. */
static void show(char *text, size_t size, double value)
{
    double magnitude = value < 0 ? -value : value;
    int digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2;
    (void)snprintf(text, size, "%.*f", digits, value);
}

/* The goal as text, and whether it is met; NULL where there is none. */
static const char *goal_of(const bench_line *line, char *text, size_t size, bool *met)
{
    char bound[32];
    bool most = line->at_most > 0 || line->ratio_at_most > 0;
    bool ratio = line->ratio_at_most > 0 || line->ratio_at_least > 0;
    double goal = ratio ? (most ? line->ratio_at_most : line->ratio_at_least)
                        : (most ? line->at_most : line->at_least);
    double value = ratio ? line->ratio : line->value;
    if (goal <= 0 || bench_scale() == BENCH_TINY) return NULL; /* which says nothing of speed */
    *met = most ? value <= goal : value >= goal;
    show(bound, sizeof bound, goal);
    (void)snprintf(text, size, "%s %s%s%s", most ? "<=" : ">=", bound, ratio ? "x" : " ",
                   ratio ? "" : line->unit);
    return text;
}

static void print_json(const bench_line *line, const char *goal, bool met)
{
    fprintf(run.json, "{\"job\":\"%s\",\"case\":\"%s\",\"measure\":\"%s\",\"who\":\"%s\"", run.job,
            run.heading, line->measure, line->who);
    fprintf(run.json, ",\"value\":%.6g,\"unit\":\"%s\"", line->value, line->unit);
    if (line->against)
        fprintf(run.json, ",\"ratio\":%.6g,\"against\":\"%s\"", line->ratio, line->against);
    if (goal) fprintf(run.json, ",\"goal\":\"%s\",\"met\":%s", goal, met ? "true" : "false");
    if (line->remark) fprintf(run.json, ",\"remark\":\"%s\"", line->remark);
    fprintf(run.json, "}\n");
    fflush(run.json);
}

void bench_report(bench_line line)
{
    char value[48], ratio[96] = "", text[64];
    bool met = false;
    if (!run.headed)
        printf("  %-22s %-34s %16s   %-26s %s\n", "measure", "who", "value", "beside", "goal");
    run.headed = true;
    show(value, sizeof value, line.value);
    if (line.against) {
        show(text, sizeof text, line.ratio);
        (void)snprintf(ratio, sizeof ratio, "%sx %s", text, line.against);
    }
    const char *goal = goal_of(&line, text, sizeof text, &met);
    printf("  %-22s %-34s %10s %-5s   %-26s %s%s%s%s\n", line.measure, line.who, value, line.unit,
           ratio, goal ? goal : "", goal ? (met ? "  met" : "  MISSED") : "",
           line.remark ? "  " : "", line.remark ? line.remark : "");
    fflush(stdout);
    if (run.json) print_json(&line, goal, met);
}
