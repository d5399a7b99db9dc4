/* Threads that read beside one that writes: checks and month lists, each thread with a
 * handle of its own, beside SQLite with a connection for each. The writer books by the
 * clock: 0, 10 or 1,000 times a second. How two threads compare with one, by the wall
 * clock, which other programs disturb, and in what a read costs of its thread's time,
 * which they hardly do. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 2, MONTHS = 4096, ROWS = 100 };
enum { ROTA_CHECK, SQLITE_CHECK, ROTA_LIST, SQLITE_LIST, KINDS };

static const char *const names[KINDS] = { "rota_booking_check", "SQLite, prepared and bounded",
                                          "rota_booking_list, _at", "SQLite, clustered" };

static bool is_rota(int kind)
{
    return kind == ROTA_CHECK || kind == ROTA_LIST;
}

static bool is_list(int kind)
{
    return kind == ROTA_LIST || kind == SQLITE_LIST;
}

typedef struct side {
    rota *r;
    bench_plain plain;
} side;

typedef struct shop {
    bench_calendar calendar;
    rota_id *ids;
    bench_booking *months, *spans; /* what is asked, MONTHS of each */
    bool *taken;                   /* of spans */
    side readers[MOST], writer;
    int64_t next[2]; /* the writer's: of rota, of SQLite */
} shop;

typedef struct worker {
    shop *shop;
    side *side;
    int kind, number;
    double per_second; /* of the writer */
    pthread_barrier_t *start;
    _Atomic bool *stop;
    int64_t done;
    double cpu;
} worker;

static void read_one(worker *w, int64_t i)
{
    shop *s = w->shop;
    int64_t at = (i * 2 + w->number) % MONTHS, rows = ROWS;
    bool taken = s->taken[at];
    switch (w->kind) {
    case ROTA_CHECK:
        taken = bench_rota_taken(w->side->r, s->ids, &s->spans[at]);
        break;
    case SQLITE_CHECK:
        taken = bench_plain_taken(&w->side->plain, &s->spans[at]);
        break;
    case ROTA_LIST:
        (void)bench_rota_list(w->side->r, s->ids, &s->months[at], &rows);
        break;
    default:
        (void)bench_plain_list(&w->side->plain, &s->months[at], &rows);
    }
    if (taken != s->taken[at] || rows != ROWS) bench_fail("%s: another answer", names[w->kind]);
}

static void *read_on(void *arg)
{
    worker *w = arg;
    (void)pthread_barrier_wait(w->start);
    double cpu = bench_cpu_ns();
    for (w->done = 0; !atomic_load_explicit(w->stop, memory_order_relaxed); w->done++)
        read_one(w, w->done);
    w->cpu = bench_cpu_ns() - cpu;
    return NULL;
}

static void *write_on(void *arg)
{
    worker *w = arg;
    (void)pthread_barrier_wait(w->start);
    double begun = bench_wall_ns();
    for (w->done = 0; w->per_second > 0; w->done++) {
        bench_sleep_until(begun + (double)w->done / w->per_second * 1e9);
        if (atomic_load_explicit(w->stop, memory_order_relaxed)) break;
        bench_booking b = bench_free_span(&w->shop->calendar,
                                          w->shop->next[is_rota(w->kind) ? 0 : 1]++);
        if (is_rota(w->kind))
            bench_rota_book(w->side->r, w->shop->ids, &b);
        else
            bench_plain_book(&w->side->plain, &b);
    }
    return NULL;
}

typedef struct cell {
    bench_samples rate, cpu_ns, writes;
} cell;

static void run(shop *s, int kind, int readers, double per_second, double seconds, cell *out)
{
    worker workers[MOST + 1];
    pthread_t threads[MOST + 1];
    pthread_barrier_t start;
    _Atomic bool stop = false;
    int64_t reads = 0;
    double cpu = 0;
    if (pthread_barrier_init(&start, NULL, (unsigned)readers + 2) != 0) bench_fail("barrier");
    for (int i = 0; i <= readers; i++) {
        bool writes = i == readers;
        workers[i] = (worker){ .shop = s,
                               .side = writes ? &s->writer : &s->readers[i],
                               .kind = kind,
                               .number = i,
                               .per_second = writes ? per_second : 0,
                               .start = &start,
                               .stop = &stop };
        if (pthread_create(&threads[i], NULL, writes ? write_on : read_on, &workers[i]) != 0)
            bench_fail("thread");
    }
    (void)pthread_barrier_wait(&start);
    double begun = bench_wall_ns();
    bench_sleep_until(begun + seconds * 1e9);
    atomic_store(&stop, true);
    double took = bench_wall_ns() - begun;
    for (int i = 0; i <= readers; i++)
        (void)pthread_join(threads[i], NULL);
    (void)pthread_barrier_destroy(&start);
    for (int i = 0; i < readers; i++) {
        reads += workers[i].done;
        cpu += workers[i].cpu;
    }
    if (!out) return;
    bench_add(&out->rate, (double)reads / took * 1e9);
    bench_add(&out->cpu_ns, cpu / (double)reads);
    bench_add(&out->writes, (double)workers[readers].done / took * 1e9);
}

/* --- tables --- */

enum { PACES = 3 };
static const double paces[PACES] = { 0, 10, 1000 };

typedef struct table {
    cell cells[PACES][MOST];
    double wall_x[PACES], cpu_x[PACES]; /* two threads, in one */
} table;

/* While the samples are in the order of the rounds. */
static void compare(table *t)
{
    for (int pace = 0; pace < PACES; pace++) {
        bench_samples wall = { 0 }, cpu = { 0 };
        const cell *one = &t->cells[pace][0], *two = &t->cells[pace][1];
        for (int64_t i = 0; i < one->rate.count; i++) {
            bench_add(&wall, two->rate.values[i] / one->rate.values[i]);
            bench_add(&cpu, 2 * one->cpu_ns.values[i] / two->cpu_ns.values[i]);
        }
        t->wall_x[pace] = bench_median(&wall);
        t->cpu_x[pace] = bench_median(&cpu);
        bench_samples_free(&wall);
        bench_samples_free(&cpu);
    }
}

static void report_rate(int kind, const char *measure, table *t, int pace, int readers,
                        table *plain)
{
    double rate = bench_median(&t->cells[pace][readers - 1].rate);
    double beside = plain ? bench_median(&plain->cells[pace][readers - 1].rate) : 1;
    double goal = plain && readers == MOST ? (is_list(kind) ? 300000 : 3000000) : 0;
    bench_report((bench_line){ .measure = measure,
                               .who = names[kind],
                               .value = rate,
                               .unit = "/s",
                               .against = plain ? "SQLite" : NULL,
                               .ratio = rate / beside,
                               .at_least = goal });
}

static void report_kind(int kind, table *t, table *plain)
{
    for (int pace = 0; pace < PACES; pace++) {
        char measure[64];
        for (int readers = 1; readers <= MOST; readers++) {
            (void)snprintf(measure, sizeof measure, "%d beside %g/s", readers, paces[pace]);
            report_rate(kind, measure, t, pace, readers, plain);
        }
        bench_report((bench_line){ .measure = "2 in 1, wall clock",
                                   .who = names[kind],
                                   .value = t->wall_x[pace],
                                   .unit = "x",
                                   .at_least = plain ? 1.9 : 0 });
        bench_report((bench_line){ .measure = "2 in 1, CPU time",
                                   .who = names[kind],
                                   .value = t->cpu_x[pace],
                                   .unit = "x" });
        double writes = bench_median(&t->cells[pace][MOST - 1].writes);
        if (paces[pace] > 0 && writes < 0.9 * paces[pace])
            bench_note("of %g writes a second %.0f were done", paces[pace], writes);
    }
}

static void measure_all(shop *s, table tables[KINDS])
{
    int64_t rounds = bench_pick(1, 3, 5);
    double seconds = bench_scale() == BENCH_TINY ? 0.02 : bench_scale() == BENCH_FULL ? 1 : 0.5;
    for (int kind = 0; kind < KINDS; kind++) /* warms up */
        run(s, kind, MOST, 10, seconds, NULL);
    for (int64_t round = 0; round < rounds; round++)
        for (int pace = 0; pace < PACES; pace++)
            for (int turn = 0; turn < KINDS; turn++) {
                int kind = (int)((turn + round) % KINDS);
                for (int readers = 1; readers <= MOST; readers++)
                    run(s, kind, readers, paces[pace], seconds,
                        &tables[kind].cells[pace][readers - 1]);
            }
    for (int kind = 0; kind < KINDS; kind++)
        compare(&tables[kind]);
    bench_case("%s: checks a second, 1 and 2 threads beside a writer",
               bench_calendar_name(&s->calendar));
    report_kind(ROTA_CHECK, &tables[ROTA_CHECK], &tables[SQLITE_CHECK]);
    report_kind(SQLITE_CHECK, &tables[SQLITE_CHECK], NULL);
    bench_case("%s: lists of %d a second, 1 and 2 threads beside a writer",
               bench_calendar_name(&s->calendar), ROWS);
    report_kind(ROTA_LIST, &tables[ROTA_LIST], &tables[SQLITE_LIST]);
    report_kind(SQLITE_LIST, &tables[SQLITE_LIST], NULL);
}

static void draw(shop *s)
{
    bench_random random = { bench_seed() + 4 };
    bench_calendar *c = &s->calendar;
    for (int64_t i = 0; i < MONTHS; i++) {
        int64_t resource = bench_below(&random, c->resources);
        int64_t at = c->first[resource] +
                     bench_below(&random, c->first[resource + 1] - c->first[resource] - ROWS + 1);
        s->months[i].resource = resource;
        s->months[i].when = (rota_span){ c->bookings[at].when.start,
                                         c->bookings[at + ROWS - 1].when.end };
        s->taken[i] = bench_below(&random, 2) == 0;
        s->spans[i] = s->taken[i] ? bench_draw_hit(c, &random) : bench_draw_miss(c, &random);
    }
}

static void warm(shop *s, rota *r)
{
    for (int64_t i = 0; i < s->calendar.resources; i++)
        if (!bench_rota_taken(r, s->ids, &s->calendar.bookings[s->calendar.first[i]]))
            bench_fail("a booking is free");
    for (int64_t i = 0, rows; i < 2 * MONTHS; i++) /* kept in memory from the second time on */
        (void)bench_rota_list(r, s->ids, &s->months[i % MONTHS], &rows);
}

int main(int argc, char **argv)
{
    static shop s;
    static table tables[KINDS];
    char ours[BENCH_PATH], theirs[BENCH_PATH];
    bench_begin("readers", argc, argv);
    bench_calendar_make(&s.calendar, bench_pick(20000, 1000000, 1000000),
                        bench_pick(20, 1000, 1000));
    s.months = bench_alloc(MONTHS, sizeof *s.months);
    s.spans = bench_alloc(MONTHS, sizeof *s.spans);
    s.taken = bench_alloc(MONTHS, sizeof *s.taken);
    draw(&s);
    bench_copy(s.calendar.rota, BENCH_ON_DISK, "rota", ours);
    bench_copy(s.calendar.plain, BENCH_ON_DISK, "plain", theirs);
    s.writer.r = bench_rota_open(ours, 0);
    s.ids = bench_resource_ids(s.writer.r, s.calendar.resources);
    bench_plain_open(&s.writer.plain, theirs);
    for (int i = 0; i < MOST; i++) {
        s.readers[i].r = bench_rota_attach(s.writer.r);
        bench_plain_open(&s.readers[i].plain, theirs);
    }
    warm(&s, s.readers[0].r);
    measure_all(&s, tables);
    for (int i = 0; i < MOST; i++) {
        rota_close(s.readers[i].r);
        bench_plain_close(&s.readers[i].plain);
    }
    rota_close(s.writer.r);
    bench_plain_close(&s.writer.plain);
    for (int kind = 0; kind < KINDS; kind++)
        for (int pace = 0; pace < PACES; pace++)
            for (int n = 0; n < MOST; n++) {
                cell *c = &tables[kind].cells[pace][n];
                bench_samples_free(&c->rate);
                bench_samples_free(&c->cpu_ns);
                bench_samples_free(&c->writes);
            }
    free(s.ids);
    free(s.months);
    free(s.spans);
    free(s.taken);
    bench_calendar_free(&s.calendar);
    bench_end();
    return 0;
}
