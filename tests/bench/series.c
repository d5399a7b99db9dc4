/* Series: checks of a resource that has a thousand of them, in this year and in twenty
 * years; making one without an end where two hundred are; how much memory they take; and
 * a month of somebody whose group meets five times a week, among twenty thousand groups.
 * Beside SQLite with a row for each occurrence, prepared as a careful host would. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAY = 86400,
    WEEK = 7 * DAY,
    OPENS = 8 * 3600,
    DAY_SLOTS = 48, /* 8 to 20 */
    WEEK_SLOTS = 6 * DAY_SLOTS,
    FIRST_YEAR = 2026
};

#define MONDAY INT64_C(1767571200) /* 2026-01-05T00:00Z, as a wall clock */
#define ZONE "Europe/Berlin"

/* "2026-01-05T09:15:00" */
static const char *local_text(int64_t local, char text[32])
{
    bench_rota_check(NULL, rota_time_format(local, text), "rota_time_format");
    text[strlen(text) - 1] = '\0'; /* the Z */
    return text;
}

static rota_metrics metrics_of(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    bench_rota_check(r, rota_metrics_get(r, &m), "rota_metrics_get");
    return m;
}

/* --- a resource whose weeks are cut into quarters, most of which recur for ever --- */

typedef struct grid {
    int64_t weeks, slots, taken; /* each slot comes again after so many weeks */
    int64_t cycles;
    int32_t *order;    /* of the slots: those that are taken come first */
    rota_time *starts; /* of each slot in each cycle */
    char rota[BENCH_PATH], plain[BENCH_PATH];
} grid;

static int64_t slot_local(const grid *g, int64_t i)
{
    int64_t slot = g->order[i], day = slot / DAY_SLOTS;
    return MONDAY + day / 6 * WEEK + day % 6 * DAY + OPENS + slot % DAY_SLOTS * BENCH_QUARTER;
}

/* The rule, and where it starts. */
typedef struct rule {
    char start[32], text[64];
} rule;

static rule slot_rule(const grid *g, int64_t i)
{
    rule made;
    (void)local_text(slot_local(g, i), made.start);
    (void)snprintf(made.text, sizeof made.text, "FREQ=WEEKLY;INTERVAL=%" PRId64, g->weeks);
    return made;
}

static void expand(rota *r, const rule *like, rota_time *starts, int64_t count)
{
    rota_result *rows = NULL;
    rota_series_query query = ROTA_INIT(rota_series_query);
    query.start = like->start;
    query.zone = ZONE;
    query.rule = like->text;
    query.limit = count;
    bench_rota_check(r, rota_series_expand(r, &query, &rows, NULL), "rota_series_expand");
    if (rota_result_count(rows) != count) bench_fail("a series of fewer occurrences");
    for (int64_t i = 0; i < count; i++) {
        rota_occurrence at = ROTA_INIT(rota_occurrence);
        bench_rota_check(r, rota_occurrence_at(rows, i, &at), "rota_occurrence_at");
        starts[i] = at.start;
    }
    rota_result_free(rows);
}

static void shuffle(int32_t *order, int64_t count, bench_random *random)
{
    for (int64_t i = 0; i < count; i++)
        order[i] = (int32_t)i;
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = bench_below(random, i + 1);
        int32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void book(rota *r, const rule *like, const rota_id *resource)
{
    rota_claim claim = { .resource = *resource, .units = 1 };
    rota_recurrence recurrence = { .size = sizeof recurrence,
                                   .start = like->start,
                                   .zone = ZONE,
                                   .rule = like->text,
                                   .length = BENCH_QUARTER };
    rota_booking_request request = { .size = sizeof request,
                                     .title = "Standup",
                                     .claims = &claim,
                                     .claim_count = 1,
                                     .recurrence = &recurrence };
    bench_rota_check(r, rota_booking_create(r, NULL, &request, NULL), "rota_booking_create");
}

static void book_slot(rota *r, const grid *g, const rota_id *resource, int64_t i)
{
    rule like = slot_rule(g, i);
    book(r, &like, resource);
}

static void make_rota(void *what, const char *passing)
{
    const grid *g = what;
    rota *r = bench_rota_open(passing, -1);
    bench_rota_rooms(r, 1);
    rota_id *ids = bench_resource_ids(r, 1);
    for (int64_t i = 0; i < g->taken; i++)
        book_slot(r, g, &ids[0], i);
    free(ids);
    rota_close(r);
}

static void make_plain(void *what, const char *passing)
{
    const grid *g = what;
    bench_calendar c = { .resources = 1, .count = g->taken * g->cycles };
    int32_t *order = bench_alloc(c.count, sizeof *order);
    c.bookings = bench_alloc(c.count, sizeof *c.bookings);
    for (int64_t i = 0; i < c.count; i++) {
        rota_time start = g->starts[i];
        c.bookings[i] = (bench_booking){ { start, start + BENCH_QUARTER }, 0 };
        order[i] = (int32_t)i;
    }
    bench_plain_build(passing, &c, order);
    free(order);
    free(c.bookings);
}

static void grid_make(grid *g, int64_t weeks, int64_t taken, int64_t years)
{
    bench_random random = { bench_seed() };
    *g = (grid){ .weeks = weeks, .slots = weeks * WEEK_SLOTS, .taken = taken };
    g->cycles = years * 366 / (7 * weeks);
    g->order = bench_alloc(g->slots, sizeof *g->order);
    g->starts = bench_alloc(g->slots * g->cycles, sizeof *g->starts);
    shuffle(g->order, g->slots, &random);
    rota *r = bench_rota_open(":memory:", 0);
    for (int64_t i = 0; i < g->slots; i++) {
        rule like = slot_rule(g, i);
        expand(r, &like, &g->starts[i * g->cycles], g->cycles);
    }
    rota_close(r);
    const char *dir = bench_dir(BENCH_ON_DISK);
    uint64_t seed = bench_seed();
    (void)snprintf(g->rota, sizeof g->rota, "%s/series-rota-%" PRId64 "-%" PRIu64 ".db", dir, taken,
                   seed);
    (void)snprintf(g->plain, sizeof g->plain, "%s/series-plain-%" PRId64 "-%" PRIu64 ".db", dir,
                   taken, seed);
    bench_build(g->rota, make_rota, g);
    bench_build(g->plain, make_plain, g);
}

static void grid_free(grid *g)
{
    free(g->order);
    free(g->starts);
}

/* --- checks --- */

/* A span of one of the slots, in the year. */
static bench_booking draw(const grid *g, bench_random *random, int64_t year, bool hit)
{
    int64_t slot = hit ? bench_below(random, g->taken)
                       : g->taken + bench_below(random, g->slots - g->taken);
    int64_t a_year = 364 / (7 * g->weeks);
    int64_t first = (year - FIRST_YEAR) * 36525 / (700 * g->weeks);
    int64_t cycle = first + bench_below(random, a_year);
    rota_time start = g->starts[slot * g->cycles + cycle];
    return (bench_booking){ { start, start + BENCH_QUARTER }, 0 };
}

static double ask(rota *r, const rota_id *ids, bench_plain *plain, const bench_booking *queries,
                  int64_t count, bool hit)
{
    int64_t hits = 0;
    double begun = bench_cpu_ns();
    for (int64_t i = 0; i < count; i++) {
        hits += r ? bench_rota_taken(r, ids, &queries[i]) : bench_plain_taken(plain, &queries[i]);
        bench_wait_for_loads();
    }
    double ns = (bench_cpu_ns() - begun) / (double)count;
    if (hits != (hit ? count : 0)) bench_fail("another answer");
    return ns;
}

enum { YEARS = 3 };
static const int64_t years[YEARS] = { 2026, 2036, 2046 };

static void report_checks(bench_samples ours[YEARS][2], bench_samples theirs[YEARS][2])
{
    static const char *const names[YEARS][2] = { { "miss, 2026", "hit, 2026" },
                                                 { "miss, 2036", "hit, 2036" },
                                                 { "miss, 2046", "hit, 2046" } };
    for (int hit = 0; hit < 2; hit++)
        for (int y = 0; y < YEARS; y++) {
            double one = bench_median(&ours[y][hit]), other = bench_median(&theirs[y][hit]);
            bench_report((bench_line){ .measure = names[y][hit],
                                       .who = "rota_booking_check",
                                       .value = one,
                                       .unit = "ns",
                                       .against = "SQLite, a row for each",
                                       .ratio = one / other,
                                       .at_most = 5000 });
        }
    for (int hit = 0; hit < 2; hit++) {
        double now = bench_median(&ours[0][hit]), later = bench_median(&ours[YEARS - 1][hit]);
        bench_report((bench_line){ .measure = hit ? "hit, 2046" : "miss, 2046",
                                   .who = "rota_booking_check",
                                   .value = later,
                                   .unit = "ns",
                                   .against = "the same in 2026",
                                   .ratio = later / now,
                                   .ratio_at_most = 1.2 });
    }
}

static void ask_year(const grid *g, rota *r, const rota_id *ids, bench_plain *plain, int y,
                     bench_samples ours[2], bench_samples theirs[2])
{
    bench_random random = { bench_seed() + (uint64_t)years[y] };
    const int64_t asked = bench_pick(500, 20000, 100000), rounds = bench_pick(2, 7, 15);
    bench_booking *queries = bench_alloc(asked, sizeof *queries);
    for (int hit = 0; hit < 2; hit++) {
        for (int64_t i = 0; i < asked; i++)
            queries[i] = draw(g, &random, years[y], hit == 1);
        for (int64_t round = -1; round < rounds; round++) { /* the first one warms up */
            double one = ask(r, ids, NULL, queries, asked, hit == 1);
            double other = ask(NULL, NULL, plain, queries, asked / 10, hit == 1);
            if (round < 0) continue;
            bench_add(&ours[hit], one);
            bench_add(&theirs[hit], other);
        }
    }
    free(queries);
}

static void measure_checks(const grid *g)
{
    bench_samples ours[YEARS][2] = { 0 }, theirs[YEARS][2] = { 0 };
    bench_plain plain;
    rota *r = bench_rota_open(g->rota, 0);
    rota_id *ids = bench_resource_ids(r, 1);
    bench_plain_open(&plain, g->plain);
    bench_case("%" PRId64 " series on a resource: may it be booked?", g->taken);
    for (int y = 0; y < YEARS; y++)
        ask_year(g, r, ids, &plain, y, ours[y], theirs[y]);
    report_checks(ours, theirs);
    for (int y = 0; y < YEARS; y++)
        for (int hit = 0; hit < 2; hit++) {
            bench_samples_free(&ours[y][hit]);
            bench_samples_free(&theirs[y][hit]);
        }
    bench_plain_close(&plain);
    free(ids);
    rota_close(r);
}

/* --- the first look, and memory --- */

static void measure_memory(const grid *g)
{
    const bench_booking before = { { 0, BENCH_QUARTER }, 0 }; /* 1970: nothing recurs then */
    bench_random random = { bench_seed() };
    bench_samples load = { 0 }, first = { 0 };
    double cold = 0, warm = 0;
    for (int64_t round = bench_pick(1, 5, 9); round > 0; round--) {
        rota *r = bench_rota_open(g->rota, -1);
        rota_id *ids = bench_resource_ids(r, 1);
        bench_booking query = draw(g, &random, 2036, false);
        double nothing = (double)metrics_of(r).memory, begun = bench_cpu_ns();
        if (bench_rota_taken(r, ids, &before)) bench_fail("1970 is taken");
        bench_add(&load, bench_cpu_ns() - begun);
        cold = ((double)metrics_of(r).memory - nothing) / (double)g->taken;
        begun = bench_cpu_ns();
        if (bench_rota_taken(r, ids, &query)) bench_fail("a free span is taken");
        bench_add(&first, bench_cpu_ns() - begun);
        warm = ((double)metrics_of(r).memory - nothing) / (double)g->taken;
        free(ids);
        rota_close(r);
    }
    bench_case("%" PRId64 " series on a resource: into memory", g->taken);
    bench_report((bench_line){ .measure = "memory a series",
                               .who = "rota, nothing expanded",
                               .value = cold,
                               .unit = "bytes",
                               .at_most = 1024 });
    bench_report((bench_line){ .measure = "memory a series",
                               .who = "rota, 97 days expanded",
                               .value = warm,
                               .unit = "bytes" });
    bench_report((bench_line){ .measure = "read from the file",
                               .who = "rota_booking_check",
                               .value = bench_median(&load) / 1e6,
                               .unit = "ms" });
    bench_report((bench_line){ .measure = "the first of 97 days",
                               .who = "rota_booking_check",
                               .value = bench_median(&first) / 1e6,
                               .unit = "ms" });
    bench_samples_free(&load);
    bench_samples_free(&first);
}

/* --- making one without an end --- */

/* The same question of rows: is each occurrence free? */
static double ask_each(const grid *g, bench_plain *plain, int64_t slot)
{
    double begun = bench_cpu_ns();
    for (int64_t i = 0; i < g->cycles; i++) {
        rota_time start = g->starts[slot * g->cycles + i];
        bench_booking b = { { start, start + BENCH_QUARTER }, 0 };
        if (bench_plain_taken(plain, &b)) bench_fail("SQLite: a free span is taken");
    }
    return bench_cpu_ns() - begun;
}

static void make_some(const grid *g, bench_plain *plain, bench_samples *first, bench_samples *next,
                      bench_samples *theirs)
{
    char path[BENCH_PATH];
    bench_copy(g->rota, BENCH_IN_MEMORY, "series", path);
    rota *r = bench_rota_open(path, 0);
    rota_id *ids = bench_resource_ids(r, 1);
    for (int64_t i = 0; i < 10; i++) {
        double begun = bench_cpu_ns();
        book_slot(r, g, &ids[0], g->taken + i);
        bench_add(i == 0 ? first : next, bench_cpu_ns() - begun);
        bench_add(theirs, ask_each(g, plain, g->taken + i));
    }
    free(ids);
    rota_close(r);
    bench_remove(path);
}

static void measure_making(void)
{
    grid g;
    bench_plain plain;
    bench_samples first = { 0 }, next = { 0 }, theirs = { 0 };
    grid_make(&g, 1, bench_pick(20, 200, 200), bench_pick(2, 29, 29));
    bench_plain_open(&plain, g.plain);
    bench_case("a weekly series without an end, where %" PRId64 " such are", g.taken);
    for (int64_t round = bench_pick(1, 5, 9); round > 0; round--)
        make_some(&g, &plain, &first, &next, &theirs);
    double other = bench_median(&theirs);
    bench_samples *ours[] = { &first, &next };
    for (int i = 0; i < 2; i++)
        bench_report((bench_line){ .measure = i == 0 ? "just opened" : "once more",
                                   .who = "rota_booking_create",
                                   .value = bench_median(ours[i]) / 1e6,
                                   .unit = "ms",
                                   .against = "SQLite",
                                   .ratio = bench_median(ours[i]) / other,
                                   .at_most = 50 });
    bench_report((bench_line){ .measure = "29 years, checked alone",
                               .who = "SQLite, a row for each",
                               .value = other / 1e6,
                               .unit = "ms" });
    bench_samples_free(&first);
    bench_samples_free(&next);
    bench_samples_free(&theirs);
    bench_plain_close(&plain);
    grid_free(&g);
}

/* --- a member's month --- */

enum { MEMBERS = 5, MEETINGS = 5, WEEKS = 40, ASKED = 500 };
#define MONTH_START INT64_C(1772323200) /* 2026-03-01T00:00Z */
#define MONTH_END INT64_C(1775001600)   /* 2026-04-01T00:00Z */

typedef struct school {
    int64_t groups, asked; /* groups; members that are asked, of one group each */
    rota_time *starts;     /* of the groups that are asked */
    char rota[BENCH_PATH], plain[BENCH_PATH];
} school;

/* Once a weekday, at a time of the group's and the day's. */
static rule meeting_rule(int64_t group, int64_t meeting)
{
    rule made;
    bench_random random = { bench_seed() ^ (uint64_t)(group * MEETINGS + meeting) };
    int64_t slot = bench_below(&random, DAY_SLOTS);
    (void)local_text(MONDAY + meeting * DAY + OPENS + slot * BENCH_QUARTER, made.start);
    (void)snprintf(made.text, sizeof made.text, "FREQ=WEEKLY;COUNT=%d", (int)WEEKS);
    return made;
}

static void join_all(rota *r, const rota_id *ids, int64_t groups)
{
    for (int64_t i = 0; i < groups * MEMBERS; i++) {
        rota_member_request request = { .size = sizeof request,
                                        .set = ROTA_MEMBER_SET_FROM,
                                        .group = ids[i / MEMBERS],
                                        .member = ids[groups + i],
                                        .from = MONDAY };
        bench_rota_check(r, rota_member_add(r, NULL, &request, NULL), "rota_member_add");
    }
}

static void meet_all(rota *r, const rota_id *ids, int64_t groups)
{
    for (int64_t i = 0; i < groups * MEETINGS; i++) {
        rule like = meeting_rule(i / MEETINGS, i % MEETINGS);
        book(r, &like, &ids[i / MEETINGS]);
    }
}

static void make_school(void *what, const char *passing)
{
    const school *s = what;
    rota *r = bench_rota_open(passing, 0);
    bench_rota_rooms(r, s->groups * (1 + MEMBERS));
    rota_id *ids = bench_resource_ids(r, s->groups * (1 + MEMBERS));
    join_all(r, ids, s->groups);
    meet_all(r, ids, s->groups);
    free(ids);
    rota_close(r);
}

static int64_t group_asked(const school *s, int64_t i)
{
    return i * (s->groups / s->asked);
}

/* Rows of the groups that are asked; of the others there is none, which is in its favour. */
static void make_plain_school(void *what, const char *passing)
{
    const school *s = what;
    bench_calendar c = { .resources = s->asked, .count = s->asked * MEETINGS * WEEKS };
    int32_t *order = bench_alloc(c.count, sizeof *order);
    c.bookings = bench_alloc(c.count, sizeof *c.bookings);
    for (int64_t i = 0; i < c.count; i++) {
        rota_time start = s->starts[i];
        c.bookings[i] = (bench_booking){ { start, start + BENCH_QUARTER }, i / (MEETINGS * WEEKS) };
        order[i] = (int32_t)i;
    }
    bench_plain_build(passing, &c, order);
    free(order);
    free(c.bookings);
}

static void school_make(school *s, int64_t groups)
{
    *s = (school){ .groups = groups, .asked = groups < ASKED ? groups : ASKED };
    s->starts = bench_alloc(s->asked * MEETINGS * WEEKS, sizeof *s->starts);
    rota *r = bench_rota_open(":memory:", 0);
    for (int64_t i = 0; i < s->asked * MEETINGS; i++) {
        rule like = meeting_rule(group_asked(s, i / MEETINGS), i % MEETINGS);
        expand(r, &like, &s->starts[i * WEEKS], WEEKS);
    }
    rota_close(r);
    const char *dir = bench_dir(BENCH_ON_DISK);
    uint64_t seed = bench_seed();
    (void)snprintf(s->rota, sizeof s->rota, "%s/school-rota-%" PRId64 "-%" PRIu64 ".db", dir,
                   groups, seed);
    (void)snprintf(s->plain, sizeof s->plain, "%s/school-plain-%" PRId64 "-%" PRIu64 ".db", dir,
                   groups, seed);
    bench_build(s->rota, make_school, s);
    bench_build(s->plain, make_plain_school, s);
}

/* The last member of each group that is asked. */
static void list_members(const school *s, rota *r, const rota_id *ids, bench_plain *plain,
                         bench_samples *ns)
{
    for (int64_t i = 0; i < s->asked; i++) {
        int64_t member = s->groups + group_asked(s, i) * MEMBERS + MEMBERS - 1, rows, expected = 0;
        const bench_booking of = { { MONTH_START, MONTH_END }, r ? member : i };
        double begun = bench_cpu_ns();
        int64_t sum = r ? bench_rota_list(r, ids, &of, &rows) : bench_plain_list(plain, &of, &rows);
        bench_add(ns, bench_cpu_ns() - begun);
        for (int64_t k = i * MEETINGS * WEEKS; k < (i + 1) * MEETINGS * WEEKS; k++)
            if (s->starts[k] >= MONTH_START && s->starts[k] < MONTH_END) {
                sum -= s->starts[k];
                expected++;
            }
        if (sum != 0 || rows != expected) bench_fail("another answer: %" PRId64 " rows", rows);
    }
}

static void measure_school(int64_t groups)
{
    school s;
    bench_plain plain;
    bench_samples first = { 0 }, second = { 0 }, before = { 0 }, theirs = { 0 };
    school_make(&s, groups);
    rota *r = bench_rota_open(s.rota, 0);
    rota_id *ids = bench_resource_ids(r, groups * (1 + MEMBERS));
    bench_plain_open(&plain, s.plain);
    bench_case("%" PRId64 " groups of %d members and %d meetings a week: a member's month", groups,
               (int)MEMBERS, (int)MEETINGS);
    list_members(&s, r, ids, NULL, &first);
    list_members(&s, r, ids, NULL, &second);
    for (int64_t round = bench_pick(2, 9, 15); round > 0; round--) {
        list_members(&s, r, ids, NULL, &before);
        list_members(&s, NULL, NULL, &plain, &theirs);
    }
    const struct {
        const char *measure;
        bench_samples *ns;
        double goal;
    } lines[] = { { "asked before", &before, 20 },
                  { "the first time", &first, 0 },
                  { "the second time", &second, 0 } };
    double other = bench_median(&theirs);
    for (int i = 0; i < 3; i++)
        bench_report((bench_line){ .measure = lines[i].measure,
                                   .who = "rota_booking_list, _at",
                                   .value = bench_median(lines[i].ns) / 1000,
                                   .unit = "us",
                                   .against = "SQLite",
                                   .ratio = bench_median(lines[i].ns) / other,
                                   .at_most = lines[i].goal });
    bench_report((bench_line){ .measure = "asked before",
                               .who = "SQLite, the group's rows, clustered",
                               .value = other / 1000,
                               .unit = "us" });
    bench_samples_free(&first);
    bench_samples_free(&second);
    bench_samples_free(&before);
    bench_samples_free(&theirs);
    bench_plain_close(&plain);
    free(ids);
    free(s.starts);
    rota_close(r);
}

int main(int argc, char **argv)
{
    bench_begin("series", argc, argv);
    if (bench_wanted("check") || bench_wanted("memory")) {
        grid g;
        grid_make(&g, bench_pick(1, 4, 4), bench_pick(50, 1000, 1000), 22);
        if (bench_wanted("check")) measure_checks(&g);
        if (bench_wanted("memory")) measure_memory(&g);
        grid_free(&g);
    }
    if (bench_wanted("create")) measure_making();
    if (bench_wanted("month")) measure_school(bench_pick(20, 20000, 20000));
    bench_end();
    return 0;
}
