/* What every program that measures shares: clocks, chance, samples, how much is
 * measured, and where the numbers go: a table for people, a JSON line each for
 * machines. It knows nothing of calendars. A failure ends the program. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

/* --- the run: BENCH_TINY=1 proves in seconds that all works, BENCH_FULL=1 takes the
 * sizes of the goals --- */

enum { BENCH_TINY, BENCH_USUAL, BENCH_FULL };

/* Reads the arguments, `--json FILE` among them (else $BENCH_JSON names the file),
 * and says what is measured and where. */
void bench_begin(const char *job, int argc, char **argv);
void bench_end(void);
int bench_scale(void);
/* The one for this scale. */
int64_t bench_pick(int64_t tiny, int64_t usual, int64_t full);
/* ROTA_SEED, or a fixed number, so that two runs measure the same. */
uint64_t bench_seed(void);
/* Is the program asked for this part? `--only NAME` leaves the others out. */
bool bench_wanted(const char *part);

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Zeroed; never NULL. */
void *bench_alloc(int64_t count, size_t size);

/* --- clocks, in nanoseconds --- */

double bench_cpu_ns(void); /* of the thread */
double bench_wall_ns(void);
/* Sleeps until then, by the wall clock of bench_wall_ns(). */
void bench_sleep_until(double wall_ns);

/* A query begins when the one before it has ended, as it does for a host that
 * needs the answer: else the processor guesses it and runs ahead. */
static inline void bench_wait_for_loads(void)
{
#if defined(__x86_64__)
    __asm__ volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
    __asm__ volatile("dsb ld\n\tisb" ::: "memory");
#endif
}

/* --- chance --- */

typedef struct bench_random {
    uint64_t state;
} bench_random;

uint64_t bench_next(bench_random *random);
int64_t bench_below(bench_random *random, int64_t n);

/* --- samples --- */

typedef struct bench_samples {
    double *values;
    int64_t count, room;
    bool sorted;
} bench_samples;

void bench_add(bench_samples *samples, double value);
void bench_add_all(bench_samples *samples, const bench_samples *more);
/* 0 the least, 0.5 the median, 1 the most; 0 where there is none. */
double bench_quantile(bench_samples *samples, double q);
double bench_median(bench_samples *samples);
double bench_sum(const bench_samples *samples);
void bench_samples_free(bench_samples *samples);

/* --- results --- */

/* A heading; the lines below it belong to it. */
void bench_case(const char *format, ...) __attribute__((format(printf, 1, 2)));

typedef struct bench_line {
    const char *measure; /* "miss" */
    const char *who;     /* "rota" */
    double value;
    const char *unit; /* "ns" */
    /* Beside what it stands, and how often that is in it, or it in that. */
    const char *against;
    double ratio;
    /* The goal, where there is one; 0: none. */
    double at_most, at_least, ratio_at_most, ratio_at_least;
    const char *remark;
} bench_line;

void bench_report(bench_line line);
/* One that stands in the table alone. */
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
