/* What valgrind counts: instructions of one check, one list, one durable booking, and one
 * of 512 that are booked at once, with the file in memory, so that nothing depends on the
 * disk or on who else is here. `make bench-callgrind` runs it; by itself it prints CPU time.
 *
 * Callgrind counts what runs inside of the counted_ functions, and stands outside of
 * them until then: --toggle-collect names one of them. */
#define _GNU_SOURCE

#include "common/calendar.h"

#include <inttypes.h>
#include <stdlib.h>

enum { TIMES = 1024, BATCH = 512 };

static rota *r;
static rota_id *ids;

__attribute__((noinline)) void counted_check(const bench_booking *b);
__attribute__((noinline)) void counted_list(const bench_booking *b);
__attribute__((noinline)) void counted_booking(const bench_booking *b);
__attribute__((noinline)) void counted_bulk(const bench_booking *b);

void counted_check(const bench_booking *b)
{
    (void)bench_rota_taken(r, ids, b);
}

void counted_list(const bench_booking *b)
{
    int64_t rows;
    (void)bench_rota_list(r, ids, b, &rows);
}

void counted_booking(const bench_booking *b)
{
    bench_rota_book(r, ids, b);
}

void counted_bulk(const bench_booking *b)
{
    bench_rota_book_all(r, ids, b, BATCH);
}

static void run(const char *name, void (*counted)(const bench_booking *b),
                const bench_booking *asked, int at_once)
{
    double begun = bench_cpu_ns();
    for (int i = 0; i < TIMES; i += at_once)
        counted(&asked[i]);
    bench_report((bench_line){
        .measure = name, .who = "rota", .value = (bench_cpu_ns() - begun) / TIMES, .unit = "ns" });
}

int main(int argc, char **argv)
{
    bench_calendar c;
    bench_random random = { bench_seed() + 5 };
    char path[BENCH_PATH];
    bench_begin("instructions", argc, argv);
    bench_calendar_make(&c, 20000, 20);
    bench_copy(c.rota, BENCH_IN_MEMORY, "rota", path);
    bench_booking *asked = bench_alloc(TIMES, sizeof *asked);
    bench_booking *months = bench_alloc(TIMES, sizeof *months);
    bench_booking *booked = bench_alloc(TIMES, sizeof *booked);
    bench_booking *bulk = bench_alloc(TIMES, sizeof *bulk);
    r = bench_rota_open(path, 0);
    ids = bench_resource_ids(r, c.resources);
    for (int i = 0; i < TIMES; i++) {
        asked[i] = i % 2 ? bench_draw_hit(&c, &random) : bench_draw_miss(&c, &random);
        const bench_booking *first = &c.bookings[c.first[i % c.resources]];
        months[i] = (bench_booking){ { first->when.start, first[99].when.end }, first->resource };
        booked[i] = bench_free_span(&c, i);
        bulk[i] = bench_free_span(&c, TIMES + i);
    }
    int64_t rows;
    for (int64_t i = 0; i < 3 * c.resources; i++) { /* all is in memory, and asked for before */
        int64_t resource = i % c.resources;
        (void)bench_rota_taken(r, ids, &c.bookings[c.first[resource]]);
        if (bench_wanted("list")) (void)bench_rota_list(r, ids, &months[resource], &rows);
    }
    bench_case("%s, in memory: CPU time of %d", bench_calendar_name(&c), TIMES);
    if (bench_wanted("check")) run("check", counted_check, asked, 1);
    if (bench_wanted("list")) run("list of 100", counted_list, months, 1);
    if (bench_wanted("booking")) run("booking", counted_booking, booked, 1);
    if (bench_wanted("bulk")) run("one of 512", counted_bulk, bulk, BATCH);
    rota_close(r);
    bench_remove(path);
    free(ids);
    free(asked);
    free(months);
    free(booked);
    free(bulk);
    bench_calendar_free(&c);
    bench_end();
    return 0;
}
