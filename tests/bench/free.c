/* When is everybody free? rota_free_find() and rota_busy_list() beside collecting, sorting and
 * merging in C on the same data: a month at 15 minutes for 1 to 1,000 people of 100 bookings
 * each, any 3 of 200 desks for a week, and one of them for a month. */
#include "common/bench.h"

#include <inttypes.h>
#include <rota.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, MONTH = 30 * DAY, QUARTER = 900, BOOKINGS = 100, LIMIT = 10, MOST = 1000 };
static const rota_time base = 1930435200; /* 2031-03-05T00:00Z */

typedef struct world {
    rota *r;
    rota_claim people[MOST];
    rota_span *booked; /* BOOKINGS for each */
    int64_t count;
} world;

static rota_time standing(void *ctx)
{
    (void)ctx;
    return base - DAY;
}

/* Quarters of the month in which nobody is booked are one in eight, so that there is
 * something to be found for a thousand. */
static rota_time pick(bench_random *random)
{
    for (;;) {
        int64_t quarter = bench_below(random, MONTH / QUARTER);
        if (quarter % 64 >= 8) return base + quarter * QUARTER;
    }
}

static int by_start(const void *left, const void *right)
{
    const rota_span *a = left, *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

static void add_person(world *w, int64_t i, bench_random *random)
{
    rota_resource_request person = ROTA_INIT(rota_resource_request);
    rota_receipt made = ROTA_INIT(rota_receipt);
    char name[32];
    snprintf(name, sizeof name, "p%04" PRId64, i);
    person.kind = "person";
    person.name = name;
    if (rota_resource_create(w->r, NULL, &person, &made) != ROTA_OK)
        bench_fail("%s", rota_errmsg(w->r));
    w->people[i] = (rota_claim){ .resource = made.id, .units = 1 };
    for (int64_t k = 0; k < BOOKINGS;) {
        rota_booking_request request = ROTA_INIT(rota_booking_request);
        rota_time start = pick(random);
        request.when = (rota_span){ start, start + QUARTER };
        request.claims = &w->people[i];
        request.claim_count = 1;
        int rc = rota_booking_create(w->r, NULL, &request, NULL);
        if (rc == ROTA_ECONFLICT) continue;
        if (rc != ROTA_OK) bench_fail("%s", rota_errmsg(w->r));
        w->booked[i * BOOKINGS + k++] = request.when;
    }
}

/* The baseline: starts of the first slots that meet nothing of what is merged. */
static int64_t merge_and_walk(const world *w, int64_t people, int64_t duration, rota_span *work,
                              rota_time *out)
{
    int64_t count = people * BOOKINGS, merged = 0, found = 0, at = 0;
    memcpy(work, w->booked, (size_t)count * sizeof *work);
    qsort(work, (size_t)count, sizeof *work, by_start);
    for (int64_t i = 0; i < count; i++) {
        if (merged > 0 && work[merged - 1].end >= work[i].start) {
            if (work[merged - 1].end < work[i].end) work[merged - 1].end = work[i].end;
        } else {
            work[merged++] = work[i];
        }
    }
    for (rota_time s = base; s + duration <= base + MONTH && found < LIMIT; s += QUARTER) {
        while (at < merged && work[at].end <= s)
            at++;
        if (at == merged || work[at].start >= s + duration) out[found++] = s;
    }
    return found;
}

static rota_free_query query_of(const world *w, int64_t people)
{
    rota_free_query query = ROTA_INIT(rota_free_query);
    query.all = w->people;
    query.all_count = people;
    query.duration = 2 * QUARTER;
    query.window = (rota_span){ base, base + MONTH };
    query.limit = LIMIT;
    return query;
}

/* The time of one of several in a row, of which the last one's rows are kept: reading the clock
 * takes as long as the shortest of them, and what is warm is what was asked just before. */
static double time_find(const world *w, const rota_free_query *query, int64_t times,
                        rota_result **rows)
{
    double begun = bench_cpu_ns();
    *rows = NULL;
    for (int64_t i = 0; i < times; i++) {
        rota_result_free(*rows);
        if (rota_free_find(w->r, query, rows) != ROTA_OK) bench_fail("%s", rota_errmsg(w->r));
    }
    return (bench_cpu_ns() - begun) / (double)times;
}

static void measure_common(world *w, int64_t people, double goal)
{
    rota_free_query query = query_of(w, people);
    bench_samples times = { 0 }, plain = { 0 };
    rota_span *work = bench_alloc(people * BOOKINGS, sizeof *work);
    rota_time out[LIMIT];
    int64_t found = 0, rounds = bench_pick(3, people > 100 ? 30 : 300, people > 100 ? 100 : 2000);
    int64_t in_a_row = people > 100 ? 8 : 64, plain_in_a_row = people > 10 ? 1 : 64;
    bench_case("common free slots of %" PRId64 " people, the first %d of a month", people, LIMIT);
    for (int64_t i = 0; i < rounds; i++) {
        rota_result *rows;
        bench_add(&times, time_find(w, &query, in_a_row, &rows));
        double begun = bench_cpu_ns();
        for (int64_t k = 0; k < plain_in_a_row; k++)
            found = merge_and_walk(w, people, query.duration, work, out);
        bench_add(&plain, (bench_cpu_ns() - begun) / (double)plain_in_a_row);
        if (found != rota_result_count(rows)) bench_fail("another number of slots");
        for (int64_t k = 0; k < found; k++) {
            rota_slot slot = ROTA_INIT(rota_slot);
            if (rota_slot_at(rows, k, &slot) != ROTA_OK || slot.when.start != out[k])
                bench_fail("another slot");
        }
        rota_result_free(rows);
    }
    double ours = bench_median(&times) / 1e3, theirs = bench_median(&plain) / 1e3;
    bench_report((bench_line){
        .measure = "median", .who = "rota", .value = ours, .unit = "us", .at_most = goal });
    bench_report((bench_line){ .measure = "median",
                               .who = "collect-sort-merge",
                               .value = theirs,
                               .unit = "us",
                               .against = "rota",
                               .ratio = theirs / ours,
                               .ratio_at_least = 10 });
    bench_samples_free(&times);
    bench_samples_free(&plain);
    free(work);
}

static void measure_pool(world *w)
{
    enum { DESKS = 200 };
    rota_id ids[DESKS];
    rota_free_pool desks = { .ids = ids, .id_count = DESKS, .count = 3 };
    rota_free_query query = query_of(w, 0);
    bench_samples times = { 0 };
    for (int64_t i = 0; i < DESKS; i++)
        ids[i] = w->people[i].resource;
    query.all = NULL;
    query.pools = &desks;
    query.pool_count = 1;
    query.window.end = base + 7 * DAY;
    bench_case("any 3 of %d for a week, the first %d", DESKS, LIMIT);
    for (int64_t i = 0; i < bench_pick(3, 100, 500); i++) {
        rota_result *rows;
        bench_add(&times, time_find(w, &query, 1, &rows));
        rota_result_free(rows);
    }
    bench_report((bench_line){ .measure = "median",
                               .who = "rota",
                               .value = bench_median(&times) / 1e3,
                               .unit = "us",
                               .at_most = 200 });
    bench_samples_free(&times);
}

static void measure_busy(world *w)
{
    bench_samples times = { 0 };
    const rota_span month = { base, base + MONTH };
    bench_case("busy spans of one of %d bookings for a month", BOOKINGS);
    for (int64_t i = 0; i < bench_pick(3, 1000, 5000); i++) {
        rota_result *rows = NULL;
        double begun = bench_cpu_ns();
        if (rota_busy_list(w->r, &w->people[0].resource, month, &rows) != ROTA_OK)
            bench_fail("%s", rota_errmsg(w->r));
        bench_add(&times, bench_cpu_ns() - begun);
        rota_result_free(rows);
    }
    bench_report((bench_line){ .measure = "median",
                               .who = "rota",
                               .value = bench_median(&times) / 1e3,
                               .unit = "us",
                               .at_most = 5 });
    bench_samples_free(&times);
}

int main(int argc, char **argv)
{
    static const double goals[] = { 1, 3, 15, 150 };
    world w = { 0 };
    rota_config config = ROTA_INIT(rota_config);
    bench_random random = { bench_seed() };
    int64_t people = 1;

    bench_begin("free time", argc, argv);
    config.now = standing;
    w.count = bench_pick(200, MOST, MOST);
    w.booked = bench_alloc(w.count * BOOKINGS, sizeof *w.booked);
    if (rota_open(":memory:", &config, &w.r) != ROTA_OK) bench_fail("%s", rota_errmsg(w.r));
    for (int64_t i = 0; i < w.count; i++)
        add_person(&w, i, &random);
    for (int i = 0; i < 4 && people <= w.count; i++, people *= 10)
        measure_common(&w, people, goals[i]);
    measure_pool(&w);
    measure_busy(&w);
    rota_close(w.r);
    free(w.booked);
    bench_end();
    return 0;
}
