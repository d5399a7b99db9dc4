/* How long until the first answer, whatever the size; what it takes to read a resource
 * into memory, and how much of it that takes. Beside SQLite, which opens a file and
 * finds the same answer, and beside reading the same rows of its index. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMES = 21 };

/* --- open and ask --- */

static double open_rota(const bench_calendar *c, const rota_id *ids, const bench_booking *b)
{
    double begun = bench_wall_ns();
    rota *r = bench_rota_open(c->rota, 0);
    bool taken = bench_rota_taken(r, ids, b);
    double ns = bench_wall_ns() - begun;
    if (taken) bench_fail("a gap is taken");
    rota_close(r);
    return ns;
}

static double open_plain(const bench_calendar *c, const bench_booking *b)
{
    bench_plain plain;
    double begun = bench_wall_ns();
    bench_plain_open(&plain, c->plain);
    bool taken = bench_plain_taken(&plain, b);
    double ns = bench_wall_ns() - begun;
    if (taken) bench_fail("a gap is taken");
    bench_plain_close(&plain);
    return ns;
}

static void measure_open(const bench_calendar *c, const rota_id *ids)
{
    bench_samples ours = { 0 }, theirs = { 0 };
    bench_random random = { bench_seed() + 3 };
    for (int i = 0; i < TIMES; i++) {
        bench_booking b = bench_draw_miss(c, &random);
        bench_add(&ours, open_rota(c, ids, &b));
        bench_add(&theirs, open_plain(c, &b));
    }
    bench_report((bench_line){ .measure = "open and first check",
                               .who = "rota",
                               .value = bench_median(&ours) / 1e6,
                               .unit = "ms",
                               .against = "SQLite",
                               .ratio = bench_median(&ours) / bench_median(&theirs),
                               .at_most = 20 });
    bench_report((bench_line){ .measure = "open and first check",
                               .who = "SQLite",
                               .value = bench_median(&theirs) / 1e6,
                               .unit = "ms" });
    bench_samples_free(&ours);
    bench_samples_free(&theirs);
}

/* --- reading resources into memory --- */

static rota_metrics metrics_of(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    bench_rota_check(r, rota_metrics_get(r, &m), "rota_metrics_get");
    return m;
}

/* The same rows, by the index that has them all in it. */
static double load_plain(const bench_calendar *c, bench_samples *ns)
{
    bench_plain plain;
    int64_t read = 0;
    bench_plain_open(&plain, c->plain);
    sqlite3_stmt *rows = bench_sql_prepare(plain.db,
                                           "SELECT start, end, id FROM busy WHERE resource=?1");
    double all = bench_cpu_ns();
    for (int64_t i = 0; i < c->resources; i++) {
        double begun = bench_cpu_ns();
        (void)sqlite3_bind_int64(rows, 1, i);
        while (sqlite3_step(rows) == SQLITE_ROW)
            read += sqlite3_column_int64(rows, 0) < sqlite3_column_int64(rows, 1) &&
                    sqlite3_column_int64(rows, 2) > 0;
        (void)sqlite3_reset(rows);
        bench_add(ns, bench_cpu_ns() - begun);
    }
    all = bench_cpu_ns() - all;
    if (read != c->count) bench_fail("SQLite: %" PRId64 " rows", read);
    bench_plain_close(&plain);
    return all;
}

static double load_rota(const bench_calendar *c, const rota_id *ids, bench_samples *ns,
                        double *bytes)
{
    rota *r = bench_rota_open(c->rota, -1);
    bench_booking first = c->bookings[0];
    (void)bench_rota_taken(r, ids, &first); /* what is prepared once is prepared */
    rota_metrics before = metrics_of(r);
    double all = bench_cpu_ns();
    for (int64_t i = 1; i < c->resources; i++) {
        double begun = bench_cpu_ns();
        if (!bench_rota_taken(r, ids, &c->bookings[c->first[i]])) bench_fail("not loaded");
        bench_add(ns, bench_cpu_ns() - begun);
    }
    all = bench_cpu_ns() - all;
    rota_metrics after = metrics_of(r);
    if (after.loads - before.loads != c->resources - 1) bench_fail("not all were loaded");
    *bytes = (double)(after.memory - before.memory) / (double)(c->count - c->first[1]);
    rota_close(r);
    return all;
}

static void measure_load(const bench_calendar *c, const rota_id *ids)
{
    bench_samples ours = { 0 }, theirs = { 0 }, all = { 0 }, all_theirs = { 0 };
    double bytes = 0, share = (double)c->count / (double)c->resources;
    int64_t rounds = bench_pick(1, 3, 3);
    char of[48];
    (void)snprintf(of, sizeof of, "%.0f bookings", share);
    for (int64_t i = 0; i < rounds; i++) {
        bench_add(&all, load_rota(c, ids, &ours, &bytes));
        bench_add(&all_theirs, load_plain(c, &theirs));
    }
    bench_report((bench_line){ .measure = "one resource",
                               .who = "rota, into memory",
                               .value = bench_median(&ours) / 1000,
                               .unit = "us",
                               .against = "SQLite",
                               .ratio = bench_median(&ours) / bench_median(&theirs),
                               .at_most = share >= 900  ? 200
                                          : share >= 90 ? 20
                                                        : 0,
                               .remark = of });
    bench_report((bench_line){ .measure = "one resource",
                               .who = "SQLite, rows of the index",
                               .value = bench_median(&theirs) / 1000,
                               .unit = "us" });
    bench_report((bench_line){ .measure = "all resources",
                               .who = "rota, into memory",
                               .value = bench_median(&all) / 1e6,
                               .unit = "ms",
                               .against = "SQLite",
                               .ratio = bench_median(&all) / bench_median(&all_theirs) });
    bench_report((bench_line){ .measure = "memory a booking",
                               .who = "rota",
                               .value = bytes,
                               .unit = "bytes",
                               .at_most = share >= 900 ? 32 : 0,
                               .remark = "the resource's own share is in it" });
    bench_samples_free(&ours);
    bench_samples_free(&theirs);
    bench_samples_free(&all);
    bench_samples_free(&all_theirs);
}

static void measure(int64_t count, int64_t resources)
{
    bench_calendar c;
    bench_calendar_make(&c, count, resources);
    bench_case("%s: from the file to the first answer", bench_calendar_name(&c));
    rota *r = bench_rota_open(c.rota, 0);
    rota_id *ids = bench_resource_ids(r, resources);
    rota_close(r);
    measure_open(&c, ids);
    measure_load(&c, ids);
    free(ids);
    bench_calendar_free(&c);
}

int main(int argc, char **argv)
{
    bench_begin("open", argc, argv);
    if (bench_scale() == BENCH_TINY) {
        measure(2000, 50);
    } else {
        measure(10000, 1000);
        measure(100000, 1000);
        measure(1000000, 1000);
        measure(1000000, 10000);
        if (bench_scale() == BENCH_FULL)
            measure(10000000, 10000);
        else
            bench_note("10M bookings: with BENCH_FULL=1");
    }
    bench_end();
    return 0;
}
