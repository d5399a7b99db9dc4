/* A month: 100 bookings of one resource, listed by rota_booking_list() and each read by
 * rota_booking_at(). As asked for just before, and before 500 others, which take the processor's
 * caches; as asked for the first time by a calendar just opened, and from the store with nothing
 * kept in memory; beside SQLite with a table clustered for this question, of which five columns
 * are read, and beside SQLite that reads the rows which rota does. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"
#include "common/rows.h"

#include <inttypes.h>
#include <stdlib.h>

enum { COUNT = 100, BEFORE = 0, FIRST, STORE, SQLITE, SQLITE_FIRST, ROWS, TURNS };
enum { AGAIN = TURNS, SQLITE_AGAIN, CONTENDERS }; /* measured in the turns of those before */

typedef struct month {
    bench_booking span;
    int64_t sum; /* of the starts */
} month;

/* The bookings from one to the hundredth behind it. */
static month draw(const bench_calendar *c, int64_t resource, bench_random *random)
{
    month m = { .sum = 0 };
    int64_t share = c->first[resource + 1] - c->first[resource];
    int64_t at = c->first[resource] + bench_below(random, share - COUNT + 1);
    m.span.resource = resource;
    m.span.when = (rota_span){ c->bookings[at].when.start, c->bookings[at + COUNT - 1].when.end };
    for (int64_t i = 0; i < COUNT; i++)
        m.sum += c->bookings[at + i].when.start;
    return m;
}

/* Who is asked: one of them. */
typedef struct asked {
    rota *r;
    const rota_id *ids;
    bench_plain *plain;
    bench_rows *rows;
} asked;

static int64_t list(const asked *by, const month *m, int64_t *rows)
{
    return by->r       ? bench_rota_list(by->r, by->ids, &m->span, rows)
           : by->plain ? bench_plain_list(by->plain, &m->span, rows)
                       : bench_rows_list(by->rows, &m->span, rows);
}

static double time_list(const asked *by, const month *m)
{
    int64_t rows;
    double begun = bench_cpu_ns();
    int64_t sum = list(by, m, &rows);
    double took = bench_cpu_ns() - begun;
    if (sum != m->sum || rows != COUNT) bench_fail("another answer");
    return took;
}

/* The median of all lists; again: and of the same, each asked once more at once; or NULL. */
static double list_all(asked by, const month *months, int64_t count, double *again)
{
    bench_samples ns = { 0 }, more = { 0 };
    for (int64_t i = 0; i < count; i++) {
        bench_add(&ns, time_list(&by, &months[i]));
        if (again) bench_add(&more, time_list(&by, &months[i]));
    }
    double median = bench_median(&ns);
    if (again) *again = bench_median(&more);
    bench_samples_free(&ns);
    bench_samples_free(&more);
    return median;
}

/* One month of each resource that was not asked for yet, by a calendar just opened. */
static double list_first(const bench_calendar *c, const month *months, int64_t count)
{
    rota *r = bench_rota_open(c->rota, 0);
    rota_id *ids = bench_resource_ids(r, c->resources);
    double ns = list_all((asked){ .r = r, .ids = ids }, months, count, NULL);
    free(ids);
    rota_close(r);
    return ns;
}

static double list_first_plain(const bench_calendar *c, const month *months, int64_t count)
{
    bench_plain plain;
    bench_plain_open(&plain, c->plain);
    double ns = list_all((asked){ .plain = &plain }, months, count, NULL);
    bench_plain_close(&plain);
    return ns;
}

static void report(bench_samples ns[CONTENDERS], bool is_goal)
{
    static const struct {
        const char *measure, *who;
        int beside;
        double goal;
    } lines[] = {
        { "asked just before", "rota_booking_list, _at", SQLITE_AGAIN, 5 },
        { "asked just before", "SQLite, clustered, 5 columns", -1, 0 },
        { "asked before others", "rota_booking_list, _at", SQLITE, 0 },
        { "from the store", "rota_booking_list, _at", SQLITE, 35 },
        { "from the store", "SQLite, rota's rows", SQLITE, 0 },
        { "asked before others", "SQLite, clustered, 5 columns", -1, 0 },
        { "just opened", "rota_booking_list, _at", SQLITE_FIRST, 0 },
        { "just opened", "SQLite, clustered, 5 columns", -1, 0 },
    };
    static const int order[] = { AGAIN, SQLITE_AGAIN, BEFORE, STORE,
                                 ROWS,  SQLITE,       FIRST,  SQLITE_FIRST };
    for (int i = 0; i < CONTENDERS; i++) {
        double us = bench_median(&ns[order[i]]) / 1000;
        double beside = lines[i].beside < 0 ? 0 : bench_median(&ns[lines[i].beside]) / 1000;
        bench_report((bench_line){ .measure = lines[i].measure,
                                   .who = lines[i].who,
                                   .value = us,
                                   .unit = "us",
                                   .against = beside > 0 ? "SQLite" : NULL,
                                   .ratio = beside > 0 ? us / beside : 0,
                                   .at_most = is_goal ? lines[i].goal : 0 });
    }
}

static void measure(int64_t count, int64_t resources)
{
    bench_calendar c;
    bench_random random = { bench_seed() + 2 };
    bench_samples ns[CONTENDERS] = { 0 };
    bench_plain plain;
    bench_rows rows;
    bench_calendar_make(&c, count, resources);
    int64_t many = c.resources < 500 ? c.resources : 500;
    month *months = bench_alloc(many, sizeof *months);
    for (int64_t i = 0; i < many; i++)
        months[i] = draw(&c, i, &random);
    bool dense = count / resources >= 1000;
    bench_case("%s: a list of %d, %s", bench_calendar_name(&c), COUNT,
               dense ? "a month" : "a long time");
    rota *r = bench_rota_open(c.rota, 0), *bare = bench_rota_open(c.rota, 1);
    rota_id *ids = bench_resource_ids(r, c.resources);
    bench_plain_open(&plain, c.plain);
    bench_rows_open(&rows, c.rota);
    for (int i = 0; i < 2; i++) /* kept in memory from the second time on */
        (void)list_all((asked){ .r = r, .ids = ids }, months, many, NULL);
    int64_t rounds = bench_pick(2, 5, 7);
    for (int64_t round = -1; round < rounds; round++)
        for (int turn = 0; turn < TURNS; turn++) {
            int who = (int)((turn + round + TURNS) % TURNS);
            asked by = { .ids = ids };
            double again = 0, took;
            if (who == BEFORE) by.r = r;
            if (who == STORE) by.r = bare;
            if (who == SQLITE) by.plain = &plain;
            if (who == ROWS) by.rows = &rows;
            if (who == FIRST)
                took = list_first(&c, months, many);
            else if (who == SQLITE_FIRST)
                took = list_first_plain(&c, months, many);
            else
                took = list_all(by, months, many, who == BEFORE || who == SQLITE ? &again : NULL);
            if (round < 0) continue; /* it warms up */
            bench_add(&ns[who], took);
            if (again > 0) bench_add(&ns[who == BEFORE ? AGAIN : SQLITE_AGAIN], again);
        }
    report(ns, dense);
    for (int who = 0; who < CONTENDERS; who++)
        bench_samples_free(&ns[who]);
    bench_rows_close(&rows);
    bench_plain_close(&plain);
    free(ids);
    free(months);
    rota_close(bare);
    rota_close(r);
    bench_calendar_free(&c);
}

int main(int argc, char **argv)
{
    bench_begin("list", argc, argv);
    if (bench_scale() == BENCH_TINY) {
        measure(20000, 20);
    } else {
        measure(1000000, 1000);
        measure(100000, 1000);
    }
    bench_end();
    return 0;
}
