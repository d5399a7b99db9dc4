/* Durable bookings: rota_booking_create(), one at a time, from one thread, from many, and
 * from several processes; beside bare SQLite, PostgreSQL with an exclusion constraint,
 * and the raw flush of the same seconds, which is the limit of each. Every span that is
 * booked is free, and every booking is on the disk when the call returns.
 *
 * And beside SQLite alone with the very rows that rota writes, as many bookings in each
 * transaction as there are threads: what they could reach together if every flush had all of
 * them in it, none ever waited for another, and nothing had to be decided. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"
#include "common/raw.h"
#include "common/rows.h"
#include "common/server.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROTA, SQLITE, SERVER, ROWS, CONTENDERS, MOST_WRITERS = 32, BATCH = 256 };

typedef struct shop {
    bench_calendar calendar;
    char rota[BENCH_PATH], rows[BENCH_PATH], plain[BENCH_PATH], raw[BENCH_PATH + 8];
    bool with_server;
    _Atomic int64_t next[CONTENDERS];
    double seconds; /* of a slice */
} shop;

typedef struct writer {
    shop *shop;
    int who;
    rota *r;
    const rota_id *ids;
    bench_plain plain;
    bench_rows rows;
    int batch; /* of rows: bookings in a transaction */
    bench_client *client;
    pthread_barrier_t *start;
    _Atomic bool *stop;
    bench_samples ns;
} writer;

static void writer_open(writer *w, shop *s, int who, rota *engine)
{
    w->shop = s;
    w->who = who;
    if (who == ROTA)
        w->r = engine ? bench_rota_attach(engine) : bench_rota_open(s->rota, 0);
    else if (who == SQLITE)
        bench_plain_open(&w->plain, s->plain);
    else if (who == ROWS)
        bench_rows_open(&w->rows, s->rows);
    else
        w->client = bench_client_open();
}

static void writer_close(writer *w)
{
    if (w->who == ROTA)
        rota_close(w->r);
    else if (w->who == SQLITE)
        bench_plain_close(&w->plain);
    else if (w->who == ROWS)
        bench_rows_close(&w->rows);
    else
        bench_client_close(w->client);
    bench_samples_free(&w->ns);
}

static void book(writer *w, int64_t i)
{
    bench_booking b = bench_free_span(&w->shop->calendar, i);
    double begun = bench_wall_ns();
    if (w->who == ROTA)
        bench_rota_book(w->r, w->ids, &b);
    else if (w->who == SQLITE)
        bench_plain_book(&w->plain, &b);
    else
        bench_client_book(w->client, &b);
    bench_add(&w->ns, bench_wall_ns() - begun);
}

static void draw(shop *s, int who, bench_booking *all, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        all[i] = bench_free_span(&s->calendar, atomic_fetch_add(&s->next[who], 1));
}

/* Each of them has waited for all. */
static void book_rows(writer *w)
{
    bench_booking all[MOST_WRITERS];
    draw(w->shop, ROWS, all, w->batch);
    double begun = bench_wall_ns();
    bench_rows_book_all(&w->rows, all, w->batch);
    double took = bench_wall_ns() - begun;
    for (int i = 0; i < w->batch; i++)
        bench_add(&w->ns, took);
}

/* --- what one way of writing came to --- */

typedef struct outcome {
    bench_samples ns;                            /* every call */
    bench_samples rate, raw_rate, p50_x, rate_x; /* of each slice, and in raw flushes */
    int64_t commits, flushes;
} outcome;

static void outcome_free(outcome *o)
{
    bench_samples_free(&o->ns);
    bench_samples_free(&o->rate);
    bench_samples_free(&o->raw_rate);
    bench_samples_free(&o->p50_x);
    bench_samples_free(&o->rate_x);
}

/* The raw flush between two slices: the end of one and the beginning of the next. */
typedef struct limit {
    double p50, rate;
} limit;

static limit raw_now(const shop *s, bench_samples *all)
{
    bench_samples ns = { 0 };
    bench_raw(s->raw, s->seconds / 3, &ns);
    limit now = { bench_median(&ns), (double)ns.count / bench_sum(&ns) * 1e9 };
    bench_add_all(all, &ns);
    bench_samples_free(&ns);
    return now;
}

static void account(outcome *o, bench_samples *ns, double rate, limit before, limit after)
{
    double p50 = (before.p50 + after.p50) / 2, raw = (before.rate + after.rate) / 2;
    bench_add(&o->rate, rate);
    bench_add(&o->raw_rate, raw);
    bench_add(&o->p50_x, bench_median(ns) / p50);
    bench_add(&o->rate_x, rate / raw);
    bench_add_all(&o->ns, ns);
}

/* --- threads --- */

static void *write_on(void *arg)
{
    writer *w = arg;
    (void)pthread_barrier_wait(w->start);
    while (!atomic_load(w->stop))
        if (w->who == ROWS)
            book_rows(w);
        else
            book(w, atomic_fetch_add(&w->shop->next[w->who], 1));
    return NULL;
}

/* So many threads for so long; the bookings per second. */
static double slice_of_threads(writer *writers, int count, double seconds, bench_samples *ns)
{
    pthread_t threads[MOST_WRITERS];
    pthread_barrier_t start;
    _Atomic bool stop = false;
    if (pthread_barrier_init(&start, NULL, (unsigned)count + 1) != 0) bench_fail("barrier");
    for (int i = 0; i < count; i++) {
        writers[i].start = &start;
        writers[i].stop = &stop;
        writers[i].ns.count = 0;
        if (pthread_create(&threads[i], NULL, write_on, &writers[i]) != 0) bench_fail("thread");
    }
    (void)pthread_barrier_wait(&start);
    double begun = bench_wall_ns();
    bench_sleep_until(begun + seconds * 1e9);
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        (void)pthread_join(threads[i], NULL);
    double took = bench_wall_ns() - begun;
    (void)pthread_barrier_destroy(&start);
    for (int i = 0; i < count; i++)
        bench_add_all(ns, &writers[i].ns);
    return (double)ns->count / took * 1e9;
}

static rota_metrics metrics_of(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    bench_rota_check(r, rota_metrics_get(r, &m), "rota_metrics_get");
    return m;
}

/* A day has begun: what is asked for is in memory, and the logs, which only grow at first,
 * have the length that they keep. */
static void warm(shop *s, rota *r, const rota_id *ids, bench_rows *rows)
{
    bench_booking all[BATCH];
    bench_plain plain;
    int64_t batches = bench_pick(1, 40, 40);
    for (int64_t i = 0; i < s->calendar.resources; i++) {
        bench_booking any = bench_free_span(&s->calendar, i);
        (void)bench_rota_taken(r, ids, &any);
    }
    bench_plain_open(&plain, s->plain);
    for (int64_t i = 0; i < batches; i++) {
        draw(s, ROTA, all, BATCH);
        bench_rota_book_all(r, ids, all, BATCH);
        draw(s, SQLITE, all, BATCH);
        bench_plain_book_all(&plain, all, BATCH);
        if (!rows) continue;
        draw(s, ROWS, all, BATCH);
        bench_rows_book_all(rows, all, BATCH);
    }
    bench_plain_close(&plain);
}

static void by_threads(shop *s, int count, outcome out[CONTENDERS], bench_samples *raw)
{
    writer *writers[CONTENDERS] = { NULL };
    int counts[CONTENDERS] = { 0 }; /* of threads */
    rota *engine = bench_rota_open(s->rota, 0);
    rota_id *ids = bench_resource_ids(engine, s->calendar.resources);
    for (int who = 0; who < CONTENDERS; who++) {
        if (who == SERVER && !s->with_server) continue;
        counts[who] = who == ROWS ? 1 : count;
        writers[who] = bench_alloc(counts[who], sizeof(writer));
        for (int i = 0; i < counts[who]; i++) {
            writer_open(&writers[who][i], s, who, engine);
            writers[who][i].ids = ids;
            writers[who][i].batch = count;
        }
    }
    warm(s, engine, ids, &writers[ROWS]->rows);
    int64_t rounds = bench_pick(1, 5, 9);
    limit before = raw_now(s, raw);
    for (int64_t round = -1; round < rounds; round++)
        for (int turn = 0; turn < CONTENDERS; turn++) {
            int who = (int)((turn + round + CONTENDERS) % CONTENDERS);
            bench_samples ns = { 0 };
            if (!writers[who]) continue;
            rota_metrics was = metrics_of(engine);
            double rate = slice_of_threads(writers[who], counts[who], s->seconds, &ns);
            rota_metrics is = metrics_of(engine);
            limit after = raw_now(s, raw);
            if (round >= 0) { /* the first one warms up too */
                account(&out[who], &ns, rate, before, after);
                out[who].commits += is.commits - was.commits;
                out[who].flushes += is.flushes - was.flushes;
            }
            bench_samples_free(&ns);
            before = after;
        }
    for (int who = 0; who < CONTENDERS; who++) {
        if (!writers[who]) continue;
        for (int i = 0; i < counts[who]; i++)
            writer_close(&writers[who][i]);
        free(writers[who]);
    }
    free(ids);
    rota_close(engine);
}

/* --- processes --- */

static void put(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t n = write(fd, at, size);
        if (n <= 0) _exit(1);
        at += n;
        size -= (size_t)n;
    }
}

static void get(int fd, void *bytes, size_t size)
{
    for (char *at = bytes; size > 0;) {
        ssize_t n = read(fd, at, size);
        if (n <= 0) bench_fail("a process has ended too early");
        at += n;
        size -= (size_t)n;
    }
}

/* Opens, says so, waits until all have, books, and hands its samples over. */
static void run_process(shop *s, int who, int64_t first, int64_t step, int go, int out)
{
    writer w = { 0 };
    char byte = 'r';
    rota_id *ids = NULL;
    writer_open(&w, s, who, NULL);
    if (who == ROTA) w.ids = ids = bench_resource_ids(w.r, s->calendar.resources);
    book(&w, first);
    w.ns.count = 0;
    put(out, &byte, 1);
    while (read(go, &byte, 1) < 0 && errno == EINTR)
        ;
    double until = bench_wall_ns() + s->seconds * 1e9;
    for (int64_t i = first + step; bench_wall_ns() < until; i += step)
        book(&w, i);
    put(out, &w.ns.count, sizeof w.ns.count);
    put(out, w.ns.values, (size_t)w.ns.count * sizeof *w.ns.values);
    writer_close(&w);
    free(ids);
    _exit(0);
}

static double slice_of_processes(shop *s, int who, int count, bench_samples *ns)
{
    enum { MANY = 200000 };
    int go[2], out[MOST_WRITERS];
    pid_t pids[MOST_WRITERS];
    char byte;
    int64_t first = atomic_fetch_add(&s->next[who], MANY);
    fflush(NULL);
    if (pipe(go) != 0) bench_fail("pipe: %s", strerror(errno));
    for (int i = 0; i < count; i++) {
        int answers[2];
        if (pipe(answers) != 0) bench_fail("pipe: %s", strerror(errno));
        if ((pids[i] = fork()) < 0) bench_fail("fork: %s", strerror(errno));
        if (pids[i] == 0) {
            (void)close(go[1]);
            run_process(s, who, first + i, count, go[0], answers[1]);
        }
        (void)close(answers[1]);
        out[i] = answers[0];
    }
    for (int i = 0; i < count; i++)
        get(out[i], &byte, 1);
    double begun = bench_wall_ns();
    (void)close(go[1]);
    (void)close(go[0]);
    for (int i = 0; i < count; i++) {
        int64_t n;
        get(out[i], &n, sizeof n);
        for (double one; n > 0; n--) {
            get(out[i], &one, sizeof one);
            bench_add(ns, one);
        }
    }
    double took = bench_wall_ns() - begun;
    for (int i = 0; i < count; i++) {
        int status = 0;
        (void)close(out[i]);
        if (waitpid(pids[i], &status, 0) != pids[i] || status != 0) bench_fail("a process failed");
    }
    return (double)ns->count / took * 1e9;
}

/* Keeps the files open meanwhile: the last one to close them removes the logs. Handles
 * do not outlive a fork, so it is a process too. */
static void keep_open(shop *s, int go, int out)
{
    bench_plain plain;
    char byte = 'r';
    rota *r = bench_rota_open(s->rota, 0);
    rota_id *ids = bench_resource_ids(r, s->calendar.resources);
    bench_plain_open(&plain, s->plain);
    warm(s, r, ids, NULL);
    put(out, &byte, 1);
    while (read(go, &byte, 1) < 0 && errno == EINTR)
        ;
    bench_plain_close(&plain);
    free(ids);
    rota_close(r);
    _exit(0);
}

static void by_processes(shop *s, int count, outcome out[CONTENDERS], bench_samples *raw)
{
    int go[2], ready[2], status = 0;
    char byte;
    fflush(NULL);
    if (pipe(go) != 0 || pipe(ready) != 0) bench_fail("pipe: %s", strerror(errno));
    pid_t keeper = fork();
    if (keeper < 0) bench_fail("fork: %s", strerror(errno));
    if (keeper == 0) {
        (void)close(go[1]);
        keep_open(s, go[0], ready[1]);
    }
    (void)close(go[0]);
    (void)close(ready[1]);
    get(ready[0], &byte, 1);
    for (int who = ROTA; who <= SQLITE; who++) /* what the keeper booked */
        (void)atomic_fetch_add(&s->next[who], bench_pick(1, 40, 40) * BATCH);
    int64_t rounds = bench_pick(1, 5, 9);
    limit before = raw_now(s, raw);
    for (int64_t round = -1; round < rounds; round++)
        for (int turn = 0; turn < 2; turn++) {
            int who = (int)((turn + round + 2) % 2); /* PostgreSQL's clients are processes anyway */
            bench_samples ns = { 0 };
            double rate = slice_of_processes(s, who, count, &ns);
            limit after = raw_now(s, raw);
            if (round >= 0) account(&out[who], &ns, rate, before, after);
            bench_samples_free(&ns);
            before = after;
        }
    (void)close(go[1]);
    (void)close(ready[0]);
    if (waitpid(keeper, &status, 0) != keeper || status != 0) bench_fail("the keeper failed");
}

/* --- tables --- */

typedef struct goals {
    double p50_x, rate_x, server_x, p99_ms, max_ms;
} goals;

static void report_one(const char *who, outcome *o, const goals *g)
{
    bench_report((bench_line){ .measure = "bookings",
                               .who = who,
                               .value = bench_median(&o->rate),
                               .unit = "/s",
                               .against = "the raw flush's rate",
                               .ratio = bench_median(&o->rate_x),
                               .ratio_at_least = g->rate_x });
    bench_report((bench_line){ .measure = "p50",
                               .who = who,
                               .value = bench_median(&o->ns) / 1000,
                               .unit = "us",
                               .against = "the raw flush",
                               .ratio = bench_median(&o->p50_x),
                               .ratio_at_most = g->p50_x });
    bench_report((bench_line){ .measure = "p99",
                               .who = who,
                               .value = bench_quantile(&o->ns, 0.99) / 1e6,
                               .unit = "ms",
                               .at_most = g->p99_ms });
    bench_report((bench_line){ .measure = "longest",
                               .who = who,
                               .value = bench_quantile(&o->ns, 1) / 1e6,
                               .unit = "ms",
                               .at_most = g->max_ms });
}

static void report(outcome out[CONTENDERS], bench_samples *raw, const goals *g)
{
    static const char *const names[] = { "rota", "SQLite", "PostgreSQL, EXCLUDE",
                                         "SQLite, rota's rows" };
    static const goals none = { 0 };
    bench_report((bench_line){ .measure = "p50",
                               .who = "raw flush, in between",
                               .value = bench_median(raw) / 1000,
                               .unit = "us" });
    bench_report((bench_line){ .measure = "p99",
                               .who = "raw flush, in between",
                               .value = bench_quantile(raw, 0.99) / 1e6,
                               .unit = "ms" });
    bench_report((bench_line){ .measure = "longest",
                               .who = "raw flush, in between",
                               .value = bench_quantile(raw, 1) / 1e6,
                               .unit = "ms" });
    for (int who = 0; who < CONTENDERS; who++)
        if (out[who].rate.count > 0) report_one(names[who], &out[who], who == ROTA ? g : &none);
    for (int who = SQLITE; who < CONTENDERS; who++)
        if (out[who].rate.count > 0)
            bench_report((bench_line){ .measure = "bookings",
                                       .who = "rota",
                                       .value = bench_median(&out[ROTA].rate),
                                       .unit = "/s",
                                       .against = names[who],
                                       .ratio = bench_median(&out[ROTA].rate_x) /
                                                bench_median(&out[who].rate_x),
                                       .ratio_at_least = who == SERVER ? g->server_x : 0,
                                       .remark = "both in raw flushes" });
    if (out[ROTA].commits > 0)
        bench_report((bench_line){ .measure = "flushes a booking",
                                   .who = "rota",
                                   .value = (double)out[ROTA].flushes / (double)out[ROTA].commits,
                                   .unit = "" });
}

static void measure(shop *s, int count, bool processes, const goals *g)
{
    outcome out[CONTENDERS] = { 0 };
    bench_samples raw = { 0 };
    bench_case("onto %s: durable bookings by %d %s%s", bench_calendar_name(&s->calendar), count,
               processes ? "process" : "thread",
               count == 1  ? ""
               : processes ? "es"
                           : "s");
    if (processes)
        by_processes(s, count, out, &raw);
    else
        by_threads(s, count, out, &raw);
    report(out, &raw, g);
    for (int who = 0; who < CONTENDERS; who++)
        outcome_free(&out[who]);
    bench_samples_free(&raw);
}

int main(int argc, char **argv)
{
    static const goals one = { .p50_x = 1.15, .max_ms = 150 },
                       eight = { .rate_x = 2.3, .server_x = 1.4, .p99_ms = 2, .max_ms = 150 },
                       many = { .rate_x = 4.5, .server_x = 2, .p99_ms = 3, .max_ms = 150 },
                       others = { .max_ms = 150 };
    static shop s;
    bench_begin("commit", argc, argv);
    bench_calendar_make(&s.calendar, bench_pick(2000, 100000, 100000), bench_pick(50, 1000, 1000));
    bench_copy(s.calendar.rota, BENCH_ON_DISK, "rota", s.rota);
    bench_copy(s.calendar.rota, BENCH_ON_DISK, "rows", s.rows);
    bench_copy(s.calendar.plain, BENCH_ON_DISK, "plain", s.plain);
    (void)snprintf(s.raw, sizeof s.raw, "%s.raw", s.rota); /* the same file system */
    s.seconds = bench_scale() == BENCH_TINY ? 0.03 : bench_scale() == BENCH_FULL ? 1 : 0.5;
    if (bench_wanted("threads")) {
        s.with_server = bench_server_start();
        if (s.with_server) bench_server_fill(&s.calendar);
        measure(&s, 1, false, &one);
        measure(&s, (int)bench_pick(2, 8, 8), false, &eight);
        if (bench_scale() != BENCH_TINY) measure(&s, 32, false, &many);
        bench_server_stop();
    }
    if (bench_wanted("processes")) {
        measure(&s, 2, true, &others);
        if (bench_scale() != BENCH_TINY) measure(&s, 4, true, &others);
    }
    bench_calendar_free(&s.calendar);
    bench_end();
    return 0;
}
