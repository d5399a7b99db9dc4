/* Occurrences: from the text of a rule to instants, by rota_series_expand(), beside bare
 * libical with the same rules; and those of a window that was asked for before, as
 * rota_booking_list() has them, beside libical with the rules already read and moved to
 * the window. Only rules and years are taken of which libical is right. */
#define _GNU_SOURCE

#include "common/calendar.h"

#include <libical/ical.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 9, FIRST_HOUR = 6, HOURS = 8, LENGTH = 1800 };

#define FIRST_DAY "2026-01-05"          /* a Monday */
#define UNTIL INT64_C(2082758400)       /* 2036-01-01T00:00Z: behind it libical's zones end */
#define MONTH_START INT64_C(2064268800) /* 2035-06-01T00:00Z */
#define MONTH_END INT64_C(2066860800)   /* 2035-07-01T00:00Z */

static const struct {
    const char *name, *text;
    bool counted; /* libical cannot be moved to a window */
} rules[] = {
    { "every day", "FREQ=DAILY", false },
    { "Monday to Friday", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", false },
    { "twice a week", "FREQ=WEEKLY;BYDAY=MO,WE", false },
    { "every second week", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", false },
    { "2nd Tuesday", "FREQ=MONTHLY;BYDAY=2TU", false },
    { "a month's last day", "FREQ=MONTHLY;BYMONTHDAY=-1", false },
    { "a day in the year", "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=10", false },
    { "500 times a week", "FREQ=WEEKLY;BYDAY=MO;COUNT=500", true },
};
/* The last one is left out of the window that was asked for before: libical walks to it from
 * the start, and that would be most of what is measured. */
enum { RULES = (int)(sizeof rules / sizeof rules[0]), WARM = RULES - 1 };

typedef struct answer {
    int64_t count, sum; /* of the instants */
} answer;

/* --- libical, 3.0 and 4.0 --- */

#if ICAL_CHECK_VERSION(4, 0, 0)
typedef struct icalrecurrencetype *ical_rule;

static void ical_free(ical_rule rule)
{
    icalrecurrencetype_unref(rule);
}
#define ICAL_READ icalrecurrencetype_new_from_string
#else
typedef struct icalrecurrencetype ical_rule;

static void ical_free(ical_rule rule)
{
    free(rule.rscale);
}
#define ICAL_READ icalrecurrencetype_from_string
#endif

/* The zone of the case; NULL: none is there. */
static icaltimezone *ical_zone;

static struct icaltimetype ical_start(int hour)
{
    struct icaltimetype at = icaltime_from_string("20260105T000000");
    at.hour = hour;
    at.zone = ical_zone;
    return at;
}

/* The occurrences that start in the window. `rule` was read. */
static answer ical_walk(ical_rule rule, int hour, rota_span window, bool counted)
{
    answer found = { 0, 0 };
    struct icaltimetype at;
    icalrecur_iterator *walk = icalrecur_iterator_new(rule, ical_start(hour));
    if (!walk) bench_fail("libical does not walk");
    if (!counted && window.start > 0) {
        /* To a day before, since it is moved by the wall clock. */
        at = icaltime_from_timet_with_zone((time_t)window.start - 86400, 0, ical_zone);
        (void)icalrecur_iterator_set_start(walk, at);
    }
    for (;;) {
        at = icalrecur_iterator_next(walk);
        if (icaltime_is_null_time(at)) break;
        int64_t instant = icaltime_as_timet_with_zone(at, ical_zone);
        if (instant < window.start) continue;
        if (instant >= window.end) break;
        found.sum += instant;
        found.count++;
    }
    icalrecur_iterator_free(walk);
    return found;
}

static answer ical_expand(int number, rota_span window)
{
    ical_rule rule = ICAL_READ(rules[number].text);
    answer found = ical_walk(rule, HOUR, window, rules[number].counted);
    ical_free(rule);
    return found;
}

/* --- rota --- */

static rota *r;

static answer rota_expand(int number, const char *zone, rota_span window)
{
    answer found = { 0, 0 };
    rota_result *rows = NULL;
    rota_series_query query = ROTA_INIT(rota_series_query);
    query.start = FIRST_DAY "T09:00:00";
    query.zone = zone;
    query.rule = rules[number].text;
    query.window = window;
    query.limit = ROTA_MAX_ROWS;
    bench_rota_check(r, rota_series_expand(r, &query, &rows, NULL), "rota_series_expand");
    found.count = rota_result_count(rows);
    for (int64_t i = 0; i < found.count; i++) {
        rota_occurrence at = ROTA_INIT(rota_occurrence);
        bench_rota_check(r, rota_occurrence_at(rows, i, &at), "rota_occurrence_at");
        found.sum += at.start;
    }
    rota_result_free(rows);
    return found;
}

static void compare(const char *name, answer ours, answer theirs)
{
    if (ours.count == 0 || ours.count != theirs.count || ours.sum != theirs.sum)
        bench_fail("%s: %" PRId64 " occurrences, and libical has %" PRId64
                   ", or they are at other times",
                   name, ours.count, theirs.count);
}

/* --- a rule as text, and all that it gives --- */

static void report(const char *measure, const char *who, bench_samples *ours, bench_samples *theirs,
                   double goal)
{
    double one = bench_median(ours), other = bench_median(theirs);
    bench_report((bench_line){ .measure = measure,
                               .who = who,
                               .value = 1e3 / one,
                               .unit = "M/s",
                               .against = "libical",
                               .ratio = other / one,
                               .ratio_at_least = goal });
}

static void measure_rule(int number, const char *zone, rota_span window)
{
    bench_samples ours = { 0 }, theirs = { 0 };
    int64_t rounds = bench_pick(2, 15, 41), times = bench_pick(1, 5, 10);
    for (int64_t round = 0; round < rounds; round++) {
        answer mine = { 0, 0 }, its = { 0, 0 };
        double begun = bench_cpu_ns();
        for (int64_t i = 0; i < times; i++)
            mine = rota_expand(number, zone, window);
        double between = bench_cpu_ns();
        for (int64_t i = 0; i < times; i++)
            its = ical_expand(number, window);
        double ended = bench_cpu_ns();
        compare(rules[number].name, mine, its);
        bench_add(&ours, (between - begun) / (double)(times * mine.count));
        bench_add(&theirs, (ended - between) / (double)(times * its.count));
    }
    report(rules[number].name, "rota_series_expand, _at", &ours, &theirs, 1);
    bench_samples_free(&ours);
    bench_samples_free(&theirs);
}

static bool set_zone(const char *zone)
{
    bool utc = strcmp(zone, "UTC") == 0;
    ical_zone = utc ? icaltimezone_get_utc_timezone() : icaltimezone_get_builtin_timezone(zone);
    if (!ical_zone) bench_note("libical knows no %s", zone);
    return ical_zone != NULL;
}

static void measure_cold(const char *zone)
{
    if (!set_zone(zone)) return;
    bench_case("%s: the text of a rule, and its occurrences from 2026 to 2035", zone);
    for (int i = 0; i < RULES; i++)
        measure_rule(i, zone, (rota_span){ 0, UNTIL });
    bench_case("%s: the text of a rule of 2026, and its occurrences in June 2035", zone);
    for (int i = 0; i < RULES; i++)
        measure_rule(i, zone, (rota_span){ MONTH_START, MONTH_END });
}

/* --- a window that was asked for before --- */

static void book_all(const char *zone, rota_id *resource)
{
    rota_receipt made = ROTA_INIT(rota_receipt);
    rota_resource_request pool = {
        .size = sizeof pool, .kind = "room", .name = "Hall", .capacity = WARM * HOURS
    };
    bench_rota_check(r, rota_resource_create(r, NULL, &pool, &made), "rota_resource_create");
    *resource = made.id;
    for (int i = 0; i < WARM * HOURS; i++) {
        char start[32];
        rota_claim claim = { .resource = made.id, .units = 1 };
        rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
        rota_booking_request request = { .size = sizeof request,
                                         .title = "Standup",
                                         .claims = &claim,
                                         .claim_count = 1,
                                         .recurrence = &recurrence };
        (void)snprintf(start, sizeof start, FIRST_DAY "T%02d:00:00", FIRST_HOUR + i / WARM);
        recurrence.start = start;
        recurrence.zone = zone;
        recurrence.rule = rules[i % WARM].text;
        recurrence.length = LENGTH;
        bench_rota_check(r, rota_booking_create(r, NULL, &request, NULL), "rota_booking_create");
    }
}

static answer list(const rota_id *resource, rota_span window)
{
    answer found = { 0, 0 };
    bench_booking asked = { window, 0 };
    found.sum = bench_rota_list(r, resource, &asked, &found.count);
    return found;
}

static answer ical_list(ical_rule *read, rota_span window)
{
    answer all = { 0, 0 };
    for (int i = 0; i < WARM * HOURS; i++) {
        answer one = ical_walk(read[i % WARM], FIRST_HOUR + i / WARM, window,
                               rules[i % WARM].counted);
        all.count += one.count;
        all.sum += one.sum;
    }
    return all;
}

static void measure_warm(const char *zone)
{
    const rota_span window = { MONTH_START, MONTH_END };
    bench_samples ours = { 0 }, theirs = { 0 };
    ical_rule read[WARM];
    rota_id resource;
    if (!set_zone(zone)) return;
    bench_case("%s: %d series of one resource, June 2035, asked before", zone, WARM * HOURS);
    book_all(zone, &resource);
    for (int i = 0; i < WARM; i++)
        read[i] = ICAL_READ(rules[i].text);
    for (int i = 0; i < 2; i++) /* kept in memory from the second time on */
        (void)list(&resource, window);
    int64_t rounds = bench_pick(2, 15, 41), times = bench_pick(1, 20, 50);
    for (int64_t round = 0; round < rounds; round++) {
        answer mine = { 0, 0 };
        double begun = bench_cpu_ns();
        for (int64_t i = 0; i < times; i++)
            mine = list(&resource, window);
        double between = bench_cpu_ns();
        answer its = ical_list(read, window);
        double ended = bench_cpu_ns();
        compare("the list", mine, its);
        bench_add(&ours, (between - begun) / (double)(times * mine.count));
        bench_add(&theirs, (ended - between) / (double)its.count);
    }
    report("all of them", "rota_booking_list, _at", &ours, &theirs, 10);
    for (int i = 0; i < WARM; i++)
        ical_free(read[i]);
    bench_samples_free(&ours);
    bench_samples_free(&theirs);
}

int main(int argc, char **argv)
{
    static const char *const zones[] = { "UTC", "Europe/Berlin" };
    bench_begin("recur", argc, argv);
    r = bench_rota_open(":memory:", -1);
    for (int i = 0; i < 2; i++) {
        if (bench_wanted("cold")) measure_cold(zones[i]);
        if (bench_wanted("warm")) measure_warm(zones[i]);
    }
    rota_close(r);
    icaltimezone_free_builtin_timezones();
    bench_end();
    return 0;
}
