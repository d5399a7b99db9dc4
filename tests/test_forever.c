/* Series without an end, two at a time: whether they ever meet, by hand, and beside a slow,
 * obvious answer. ROTA_PAIRS says for how many random pairs. */
#include "tests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/forever.h"
#include "domain/pattern.h"
#include "fixture.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, CYCLE = 146097, WORK = 2000000 };

static rota__mem mem;
static rota__arena arena;
static rota__error error;
static rota__tz_cache zones;
static const rota_span all_time = { 0, ROTA_TIME_MAX };
static rota__env env = { &arena, &error };

static void setup(void)
{
    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    rota__tz_init(&zones, &mem);
}

static void teardown(void)
{
    rota__tz_free(&zones);
    rota__arena_free(&arena);
    ck_assert_int_eq(mem.held, 0);
}

/* --- by hand --- */

/* A series of one era, and where it is. */
typedef struct one {
    rota__series series;
    rota__era era;
} one;

static void make(one *out, const char *zone, const char *start, const char *rule, int64_t length)
{
    char utc[32];
    *out = (one){ .era = { .from = ROTA_TIME_MIN, .length = length } };
    snprintf(utc, sizeof utc, "%s%sZ", start, strchr(start, 'T') ? "" : "T00:00");
    out->series = (rota__series){ .zone = zone,
                                  .rule_text = rule,
                                  .start = t(utc),
                                  .all_day = !strchr(start, 'T'),
                                  .checked_until = ROTA_TIME_MAX,
                                  .eras = &out->era,
                                  .era_count = 1 };
}

static void prepare(one *s)
{
    int rc = rota__series_prepare(&env, &zones, &s->series);
    ck_assert_msg(rc == ROTA_OK, "%s: %s", s->series.rule_text, error.message);
}

static rota__meeting meet(const one *a, const one *b, int64_t room, rota_time from)
{
    rota__meeting found;
    int64_t work = WORK;
    ck_assert_int_eq(rota__forever_meet(&env, &a->series, 0, &b->series, 0, room / 2,
                                        room - room / 2, (rota_span){ from, ROTA_TIME_MAX }, &work,
                                        &found),
                     ROTA_OK);
    ck_assert(!found.found || found.decided);
    return found;
}

enum { BY_PATTERN = 1, BY_WALK = 2 };

/* Never, and by which proof; either way round. */
static void ck_never(one *a, one *b, int64_t room, int how)
{
    prepare(a);
    prepare(b);
    for (int i = 0; i < 2; i++) {
        const one *x = i ? b : a, *y = i ? a : b;
        rota__meeting found = meet(x, y, room, ROTA_TIME_MIN);
        bool by_pattern = rota__pattern_apart(&x->series, 0, &y->series, 0, room, ROTA_TIME_MIN);
        ck_assert(found.decided && !found.found);
        ck_assert_int_eq(by_pattern, how == BY_PATTERN);
    }
}

/* They meet first with these starts; either way round. */
static void ck_meet(one *a, one *b, int64_t room, const char *from, const char *mine,
                    const char *other)
{
    prepare(a);
    prepare(b);
    rota__meeting found = meet(a, b, room, t(from));
    char text[ROTA_TIME_TEXT] = "never";
    if (found.found) (void)rota_time_format(found.mine.when.start, text);
    ck_assert_msg(found.found && found.mine.when.start == t(mine), "%s, not %s", text, mine);
    ck_assert_int_eq(found.other.when.start, t(other));
    found = meet(b, a, room, t(from));
    ck_assert(found.found && found.other.when.start == t(mine) &&
              found.mine.when.start == t(other));
}

#define YORK "America/New_York"
#define LISBON "Europe/Lisbon"

START_TEST(weekly_ones_of_a_zone_are_apart_or_not)
{
    one a, b;
    make(&a, LISBON, "2031-03-10T09:00", "FREQ=WEEKLY", HOUR);
    make(&b, LISBON, "2031-03-10T10:00", "FREQ=WEEKLY;BYDAY=MO,WE", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    ck_meet(&a, &b, 1, "2031-01-01T00:00Z", "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    a.era.length++;
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    /* At the end of what is taken nothing meets that is at or behind `from`. */
    ck_meet(&a, &b, 0, "2031-03-10T10:00Z", "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_meet(&a, &b, 0, "2031-03-10T10:00:01Z", "2031-03-17T09:00Z", "2031-03-17T10:00Z");
    ck_meet(&a, &b, 4, "2031-03-10T10:00:01Z", "2031-03-10T09:00Z", "2031-03-10T10:00Z");
}
END_TEST

START_TEST(every_second_week_has_room_for_another)
{
    one a, b;
    make(&a, LISBON, "2031-03-10T09:00", "FREQ=WEEKLY;INTERVAL=2", HOUR);
    make(&b, LISBON, "2031-03-17T09:00", "FREQ=WEEKLY;INTERVAL=2", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    make(&b, LISBON, "2031-03-17T09:30", "FREQ=WEEKLY;INTERVAL=3", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-04-07T08:00Z", "2031-04-07T08:30Z");
    make(&b, LISBON, "2031-03-17T09:30", "FREQ=WEEKLY;INTERVAL=4", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    /* The shift counts, not only the rule. */
    b.era.shift = -7 * DAY;
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-10T09:00Z", "2031-03-10T09:30Z");
}
END_TEST

START_TEST(intervals_that_share_nothing_come_together)
{
    one a, b;
    make(&a, LISBON, "2031-03-10T09:00", "FREQ=WEEKLY;INTERVAL=7", HOUR);
    make(&b, LISBON, "2031-03-17T09:30", "FREQ=WEEKLY;INTERVAL=11", HOUR);
    /* 7x = 1 + 11y: x = 8, y = 5 */
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2032-04-05T08:00Z", "2032-04-05T08:30Z");
    make(&b, LISBON, "2031-03-18T09:30", "FREQ=WEEKLY;INTERVAL=11", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
}
END_TEST

START_TEST(a_gap_brings_together_what_the_clock_keeps_apart)
{
    one a, b;
    /* The clocks go forward on the second Sunday of March, from 02:00 to 03:00. */
    make(&a, YORK, "2031-01-05T01:00", "FREQ=WEEKLY", HOUR + 60);
    make(&b, YORK, "2031-01-05T03:00", "FREQ=WEEKLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-09T06:00Z", "2031-03-09T07:00Z");
    a.era.length = HOUR;
    ck_never(&a, &b, 0, BY_PATTERN);
    /* 02:30 is read as 03:30. */
    make(&a, YORK, "2031-01-05T02:30", "FREQ=WEEKLY", 1800);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-09T07:30Z", "2031-03-09T07:00Z");
    /* On Saturdays nothing happens. */
    make(&a, YORK, "2031-01-04T01:00", "FREQ=WEEKLY", HOUR + 60);
    make(&b, YORK, "2031-01-04T03:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    /* In autumn an hour comes twice, and there is more room. */
    make(&a, YORK, "2031-01-05T00:30", "FREQ=WEEKLY", HOUR);
    make(&b, YORK, "2031-01-05T01:30", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
}
END_TEST

START_TEST(two_zones_meet_in_the_weeks_between_their_changes)
{
    one a, b;
    /* Five hours apart, but for four from March 9th to 30th and from October 26th to
     * November 2nd. */
    make(&a, YORK, "2031-01-06T09:00", "FREQ=WEEKLY", HOUR);
    make(&b, LISBON, "2031-01-06T13:00", "FREQ=WEEKLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-10T13:00Z", "2031-03-10T13:00Z");
    ck_meet(&a, &b, 0, "2031-04-01T00:00Z", "2031-10-27T13:00Z", "2031-10-27T13:00Z");
    /* Six hours would bring them together. */
    make(&b, LISBON, "2031-01-06T15:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_WALK);
    make(&b, LISBON, "2031-01-06T17:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    make(&b, "UTC", "2031-01-06T13:00", "FREQ=WEEKLY", HOUR);
    make(&a, "Asia/Kolkata", "2031-01-06T19:30", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    ck_meet(&a, &b, 1, "2031-01-01T00:00Z", "2031-01-06T14:00Z", "2031-01-06T13:00Z");
}
END_TEST

START_TEST(rare_days_meet_rarely)
{
    one a, b;
    make(&a, "UTC", "2028-02-29T09:00", "FREQ=YEARLY", HOUR);
    make(&b, "UTC", "2028-01-06T09:30", "FREQ=YEARLY;BYMONTH=2;BYDAY=5SU", HOUR);
    ck_meet(&a, &b, 0, "2028-01-01T00:00Z", "2032-02-29T09:00Z", "2032-02-29T09:30Z");
    /* The fifth Sunday of a February is the 29th, and no Friday the 13th is in that month. */
    make(&a, "UTC", "2028-02-13T09:00", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR;BYMONTH=2", 16 * DAY);
    ck_never(&a, &b, 0, BY_WALK);
    /* The 31st, and a last Friday. */
    make(&a, LISBON, "2031-01-31T09:00", "FREQ=MONTHLY", HOUR);
    make(&b, LISBON, "2031-01-31T09:30", "FREQ=MONTHLY;BYDAY=-1FR", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-01-31T09:00Z", "2031-01-31T09:30Z");
    ck_meet(&a, &b, 0, "2031-02-01T00:00Z", "2031-10-31T09:00Z", "2031-10-31T09:30Z");
    make(&b, LISBON, "2031-01-31T09:30", "FREQ=MONTHLY;BYDAY=-2FR", HOUR);
    ck_never(&a, &b, 0, BY_WALK);
    /* The first day of a century is a Saturday, Friday, Wednesday or Monday. */
    make(&a, "UTC", "2100-01-01T09:00", "FREQ=YEARLY;INTERVAL=100", HOUR);
    make(&b, "UTC", "2031-01-05T09:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_WALK);
    make(&b, "UTC", "2031-01-06T09:00", "FREQ=WEEKLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2300-01-01T09:00Z", "2300-01-01T09:00Z");
    /* Both come again after 14,000 years, which are not there. */
    make(&a, "UTC", "2031-03-10T09:00", "FREQ=YEARLY;INTERVAL=1000", HOUR);
    make(&b, "UTC", "2431-03-10T09:30", "FREQ=YEARLY;INTERVAL=700", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "8031-03-10T09:00Z", "8031-03-10T09:30Z");
}
END_TEST

START_TEST(days_as_a_whole_meet_what_is_on_them)
{
    one a, b;
    make(&a, YORK, "2031-01-05", "FREQ=WEEKLY", 1);
    make(&b, YORK, "2031-01-06T00:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 0, BY_PATTERN);
    make(&b, YORK, "2031-01-06", "FREQ=WEEKLY", 6);
    ck_never(&a, &b, 0, BY_PATTERN);
    b.era.length = 7;
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-01-12T05:00Z", "2031-01-06T05:00Z");
    /* With an hour to clean, the night of the change is too short. */
    make(&a, YORK, "2031-01-04", "FREQ=WEEKLY", 1);
    make(&b, YORK, "2031-01-05T03:00", "FREQ=WEEKLY", HOUR);
    ck_never(&a, &b, 2 * HOUR, BY_PATTERN);
    ck_meet(&a, &b, 2 * HOUR + 1, "2031-01-01T00:00Z", "2031-03-08T05:00Z", "2031-03-09T07:00Z");
}
END_TEST

START_TEST(what_comes_once_counts)
{
    one a, b;
    make(&a, "UTC", "2031-01-06T09:00", "FREQ=WEEKLY", HOUR);
    make(&b, "UTC", "2031-01-07T09:00", "FREQ=WEEKLY", HOUR);
    rota_time added[] = { t("2090-01-04T09:00Z"), t("2490-01-03T12:00Z") };
    b.series.rdates = added;
    b.series.rdate_count = 2;
    ck_never(&a, &b, 0, BY_WALK);
    added[1] = t("2490-01-02T09:30Z");
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2490-01-02T09:00Z", "2490-01-02T09:30Z");
    prepare(&a);
    ck_assert(rota__pattern_apart(&a.series, 0, &b.series, 0, 0, t("2500-01-01T00:00Z")));
    /* And so does what is left out. */
    rota__exception exceptions[] = { { t("2031-01-06T09:00Z"), ROTA__EXCEPT_APART },
                                     { t("2031-01-13T09:00Z"), ROTA__EXCEPT_SKIPPED } };
    a.series.exceptions = exceptions;
    a.series.exception_count = 2;
    make(&b, "UTC", "2031-01-06T09:00", "FREQ=WEEKLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-01-20T09:00Z", "2031-01-20T09:00Z");
    /* A rule that ends, and one before its eras do. */
    make(&b, "UTC", "2031-01-06T09:00", "FREQ=WEEKLY;COUNT=2", HOUR);
    ck_never(&a, &b, 0, BY_WALK);
}
END_TEST

START_TEST(among_equals_the_earlier_of_mine_is_named)
{
    one a, b;
    make(&a, "UTC", "2031-01-06T09:00", "FREQ=HOURLY", HOUR);
    make(&b, "UTC", "2031-01-06T11:00", "FREQ=YEARLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-01-06T11:00Z", "2031-01-06T11:00Z");
    prepare(&a);
    rota__meeting found = meet(&a, &b, 2 * HOUR, ROTA_TIME_MIN);
    ck_assert(found.mine.when.start == t("2031-01-06T09:00Z") &&
              found.other.when.start == t("2031-01-06T11:00Z"));
    found = meet(&b, &a, 2 * HOUR, ROTA_TIME_MIN);
    ck_assert(found.mine.when.start == t("2031-01-06T11:00Z") &&
              found.other.when.start == t("2031-01-06T09:00Z"));
}
END_TEST

/* 02:30 is read as 03:30 that night, 03:00 as itself. */
START_TEST(what_a_shift_takes_into_a_gap_is_met_in_its_order)
{
    one a, b;
    make(&a, YORK, "2031-03-09T01:30", "FREQ=MINUTELY;INTERVAL=30;COUNT=2", 60);
    a.era.shift = HOUR;
    make(&b, YORK, "2031-03-09T03:00", "FREQ=MONTHLY", HOUR);
    ck_meet(&a, &b, 0, "2031-01-01T00:00Z", "2031-03-09T07:00Z", "2031-03-09T07:00Z");
}
END_TEST

START_TEST(what_takes_too_long_is_not_decided)
{
    one a, b;
    rota__meeting found;
    make(&a, LISBON, "2031-01-06T09:00", "FREQ=MINUTELY;INTERVAL=7", 60);
    make(&b, YORK, "2031-01-06T09:03", "FREQ=MINUTELY;INTERVAL=7", 60);
    prepare(&a);
    prepare(&b);
    for (int64_t given = 0; given < 1000000; given = given * 4 + 1) {
        int64_t work = given;
        ck_assert_int_eq(rota__forever_meet(&env, &a.series, 0, &b.series, 0, 0, 0, all_time, &work,
                                            &found),
                         ROTA_OK);
        ck_assert(!found.decided && !found.found && work <= 0);
    }
    /* Those of a rule may be too far apart for any budget. */
    make(&a, "UTC", "2031-01-06T09:00:01",
         "FREQ=SECONDLY;INTERVAL=59;BYSECOND=1;BYMONTH=2;BYMONTHDAY=29;BYHOUR=5;BYDAY=SU", 60);
    make(&b, "UTC", "2031-01-06T09:02", "FREQ=SECONDLY;INTERVAL=86399", 60);
    prepare(&a);
    prepare(&b);
    int64_t work = 50000;
    ck_assert_int_eq(rota__forever_meet(&env, &a.series, 0, &b.series, 0, 0, 0, all_time, &work,
                                        &found),
                     ROTA_OK);
    ck_assert(work <= 0 || found.decided);
}
END_TEST

START_TEST(memory_that_runs_out_is_said)
{
    struct fx f = { 0 };
    rota__mem scarce;
    one a, b;
    int rc = ROTA_ENOMEM, rounds = 0;
    fx_configure(&f);
    rota__mem_init(&scarce, f.config.memory, f.config.memory_ctx);
    make(&a, LISBON, "2031-01-06T09:00", "FREQ=HOURLY", 60);
    make(&b, YORK, "2031-03-06T09:02", "FREQ=YEARLY", 60);
    a.era.shift = HOUR;
    prepare(&a);
    prepare(&b);
    for (; rc == ROTA_ENOMEM; rounds++) {
        rota__meeting found;
        rota__arena own;
        rota__env small = { &own, &error };
        int64_t work = 100000;
        rota__arena_init(&own, &scarce);
        fx_fail_allocation(&f, rounds + 1);
        rc = rota__forever_meet(&small, &a.series, 0, &b.series, 0, HOUR, HOUR, all_time, &work,
                                &found);
        rota__arena_free(&own);
    }
    ck_assert_int_eq(rc, ROTA_OK);
    ck_assert(rounds > 1 && scarce.held == 0);
}
END_TEST

/* --- what lies ahead --- */

static bool is_forward(const rota__tz_outlook *ahead, rota__local shown)
{
    int64_t monday = t("1970-01-05T00:00Z"), week = 7 * DAY;
    for (int32_t i = 0; i < ahead->forward_count; i++)
        if (((shown - monday - ahead->forwards[i]) % week + week) % week == 0) return true;
    return ahead->forward_count < 0;
}

/* Change by change until the rules repeat. Of all that begins at `from`, nothing is missing;
 * `known`: how many forward changes are told apart, or -1. */
static void ck_ahead(const char *name, const char *from, int known)
{
    const rota__tz *zone;
    rota__tz_outlook ahead;
    rota_span when;
    ck_assert_int_eq(rota__tz_get(&zones, name, &error, &zone), ROTA_OK);
    rota__tz_ahead(zone, t(from), &ahead);
    ck_assert_msg(ahead.forward_count == known, "%s: %d", name, ahead.forward_count);
    int32_t offset = rota__tz_stretch(zone, t(from), &when), least = offset, most = offset;
    while (when.end < t("2500-01-01T00:00Z")) {
        rota_time change = when.end;
        int32_t next = rota__tz_stretch(zone, change, &when);
        if (next > offset) ck_assert_msg(is_forward(&ahead, change + next), "%s", name);
        if (next < least) least = next;
        if (next > most) most = next;
        offset = next;
    }
    ck_assert(ahead.least == least && ahead.most == most);
}

START_TEST(what_lies_ahead_of_a_zone_is_what_comes)
{
    ck_ahead("UTC", "2031-01-01T00:00Z", 0);
    ck_ahead("Asia/Kolkata", "1945-10-01T00:00Z", 0);
    ck_ahead(YORK, "2031-01-01T00:00Z", 1);
    ck_ahead(YORK, "2031-03-09T06:59:59Z", 1);
    ck_ahead(LISBON, "2000-01-01T00:00Z", 1);
    ck_ahead("Europe/Dublin", "2031-01-01T00:00Z", 1);
    ck_ahead("Australia/Lord_Howe", "2031-01-01T00:00Z", 1);
    ck_ahead("America/Santiago", "2031-01-01T00:00Z", 1);
    ck_ahead("America/Nuuk", "2031-01-01T00:00Z", 1);
    ck_ahead("Asia/Jerusalem", "2031-01-01T00:00Z", 1);
    ck_ahead("Africa/Casablanca", "2031-01-01T00:00Z", 1);
    ck_ahead("Africa/Casablanca", "2090-01-01T00:00Z", 0);
    ck_ahead(LISBON, "1900-01-01T00:00Z", -1);
}
END_TEST

/* --- the slow, obvious answer: every start of both, and every pair that is near --- */

typedef struct starts {
    rota_time *at;
    int64_t count, room, length;
} starts;

static void put(starts *s, rota_time at)
{
    if (s->count == s->room) {
        s->room = s->room * 2 + 1000;
        s->at = realloc(s->at, (size_t)s->room * sizeof *s->at);
        ck_assert_ptr_nonnull(s->at);
    }
    s->at[s->count++] = at;
}

typedef struct answer {
    bool found;
    rota_time later, mine, other;
} answer;

static bool before(const answer *a, const answer *b)
{
    if (a->later != b->later) return a->later < b->later;
    return a->mine != b->mine ? a->mine < b->mine : a->other < b->other;
}

static answer brute(const starts *a, const starts *b, int64_t ahead, int64_t behind, rota_time from)
{
    answer best = { 0 };
    int64_t far = a->length + b->length + ahead + behind, low = 0;
    for (int64_t i = 0; i < a->count; i++) {
        rota_time mine = a->at[i];
        if (best.found && mine > best.later) break;
        while (low < b->count && b->at[low] < mine - far)
            low++;
        for (int64_t k = low; k < b->count && b->at[k] <= mine + far; k++) {
            rota_time other = b->at[k];
            answer these = { true, mine > other ? mine : other, mine, other };
            if (mine - ahead < other + b->length + behind &&
                other - ahead < mine + a->length + behind && mine + a->length + behind > from &&
                other + b->length + behind > from && (!best.found || before(&these, &best)))
                best = these;
        }
    }
    return best;
}

static void ck_meeting(const answer *expected, const rota__meeting *found, const char *what)
{
    ck_assert_msg(found->decided, "%s: not decided", what);
    ck_assert_msg(found->found == expected->found, "%s: %s, which is wrong", what,
                  found->found ? "they meet" : "never");
    if (expected->found)
        ck_assert_msg(found->mine.when.start == expected->mine &&
                          found->other.when.start == expected->other,
                      "%s: %lld and %lld, not %lld and %lld", what,
                      (long long)found->mine.when.start, (long long)found->other.when.start,
                      (long long)expected->mine, (long long)expected->other);
}

static int64_t divisor(int64_t a, int64_t b)
{
    return b == 0 ? a : divisor(b, a % b);
}

static int64_t common(int64_t a, int64_t b)
{
    return a / divisor(a, b) * b;
}

/* --- in UTC, with days counted one by one --- */

enum { DAILY, DAILY_ON, WEEKLY, MONTHLY_DATE, MONTHLY_DAY, YEARLY };
static const char *const day_names[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

typedef struct plain {
    int kind;
    int64_t interval, weekdays, month, date, nth; /* date and nth: below 0 from the end */
    int64_t first, second;                        /* the start: day, and second of it */
    int64_t shift;
    char rule[96], start[24];
} plain;

typedef struct calendar_day {
    int64_t number, weekday, year, month, date, length; /* of the month; weekday 0 is Monday */
} calendar_day;

static int64_t month_length(int64_t year, int64_t month)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap);
}

/* From 2031-01-01, a Wednesday. */
static const calendar_day day_one = { 0, 2, 2031, 1, 1, 31 };

static void next_day(calendar_day *d)
{
    d->number++;
    d->weekday = (d->weekday + 1) % 7;
    if (++d->date <= d->length) return;
    d->date = 1;
    if (++d->month > 12) {
        d->month = 1;
        d->year++;
    }
    d->length = month_length(d->year, d->month);
}

static bool has_date(const plain *p, const calendar_day *d)
{
    return d->date == p->date || (p->date < 0 && d->date == d->length + 1 + p->date);
}

static bool has_nth(const plain *p, const calendar_day *d)
{
    return (p->weekdays >> d->weekday & 1) &&
           (p->nth > 0 ? (d->date - 1) / 7 + 1 == p->nth
                       : (d->length - d->date) / 7 + 1 == -p->nth);
}

/* `s` is the day of the start. */
static bool comes(const plain *p, const calendar_day *s, const calendar_day *d)
{
    int64_t days = d->number - s->number, months = (d->year - s->year) * 12 + d->month - s->month;
    switch (p->kind) {
    case DAILY:
        return days % p->interval == 0;
    case DAILY_ON:
        return days % p->interval == 0 && (p->weekdays >> d->weekday & 1);
    case WEEKLY:
        return (days + s->weekday) / 7 % p->interval == 0 && (p->weekdays >> d->weekday & 1);
    case MONTHLY_DATE:
        return months % p->interval == 0 && has_date(p, d);
    case MONTHLY_DAY:
        return months % p->interval == 0 && has_nth(p, d);
    default:
        return (d->year - s->year) % p->interval == 0 && d->month == p->month && has_date(p, d);
    }
}

static int64_t period_of(const plain *p)
{
    switch (p->kind) {
    case DAILY:
        return p->interval;
    case DAILY_ON:
        return common(p->interval, 7);
    case WEEKLY:
        return 7 * p->interval;
    case YEARLY:
        return CYCLE * (p->interval / divisor(p->interval, 400));
    default:
        return CYCLE * (p->interval / divisor(p->interval, 4800));
    }
}

static void expand(const plain *p, int64_t days, starts *out)
{
    calendar_day d = day_one, s = day_one;
    rota_time day = t("2031-01-01T00:00Z");
    while (s.number < p->first)
        next_day(&s);
    out->count = 0;
    for (; d.number < days; next_day(&d), day += DAY)
        if (d.number >= p->first && comes(p, &s, &d)) put(out, day + p->second + p->shift);
}

static void name_days(char *out, int64_t weekdays, int64_t nth)
{
    const char *comma = "";
    for (int i = 0; i < 7; i++) {
        if (!(weekdays >> i & 1)) continue;
        out += nth ? sprintf(out, "%s%d%s", comma, (int)nth, day_names[i])
                   : sprintf(out, "%s%s", comma, day_names[i]);
        comma = ",";
    }
}

static void name_plain(plain *p)
{
    static const char *const freqs[] = {
        "DAILY", "DAILY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY"
    };
    char days[64] = "";
    int length = sprintf(p->rule, "FREQ=%s;INTERVAL=%d", freqs[p->kind], (int)p->interval);
    name_days(days, p->weekdays, p->nth);
    if (p->kind == DAILY_ON || p->kind == WEEKLY || p->kind == MONTHLY_DAY)
        length += sprintf(p->rule + length, ";BYDAY=%s", days);
    if (p->kind == MONTHLY_DATE || p->kind == YEARLY)
        length += sprintf(p->rule + length, ";BYMONTHDAY=%d", (int)p->date);
    if (p->kind == YEARLY) sprintf(p->rule + length, ";BYMONTH=%d", (int)p->month);
    rota_time start = t("2031-01-01T00:00Z") + p->first * DAY + p->second;
    ck_assert_int_eq(rota_time_format(start, p->start), ROTA_OK);
    p->start[strlen(p->start) - 1] = '\0';
}

static void choose(struct fx *f, plain *p)
{
    static const int64_t intervals[] = { 1, 1, 1, 2, 2, 3, 4, 6 };
    static const int64_t nths[] = { 1, 2, 3, 4, 5, -1, -2 };
    *p = (plain){ .kind = (int)fx_random(f, YEARLY + 1) };
    p->interval = intervals[fx_random(f, 8)];
    if (p->kind <= WEEKLY && fx_random(f, 3) == 0) p->interval = 1 + fx_random(f, 15);
    /* Common periods are to have no more than 1,600 years. */
    if (p->kind > WEEKLY && p->interval == 6) p->interval = 12;
    if (p->kind == YEARLY && p->interval % 3 == 0) p->interval = 5;
    p->weekdays = p->kind == MONTHLY_DAY ? 1 << fx_random(f, 7) : 1 + fx_random(f, 127);
    if (p->kind == MONTHLY_DAY) p->nth = nths[fx_random(f, 7)];
    p->month = 1 + fx_random(f, 12);
    p->date = 1 + fx_random(f, p->month == 2 && p->kind == YEARLY ? 29 : 31);
    if (fx_random(f, 4) == 0) p->date = -1;
    if (p->kind == YEARLY && fx_random(f, 3) == 0) p->month = 2, p->date = 29;
    p->first = fx_random(f, 900);
    p->second = fx_random(f, 10) * 1800;
    if (fx_random(f, 4) == 0) p->shift = (fx_random(f, 41) - 20) * 1800 * (1 + fx_random(f, 48));
    name_plain(p);
}

typedef struct tally {
    int64_t pairs, found, by_pattern, most_work;
    int64_t alone, alone_by_pattern; /* of as many: those that meet themselves */
} tally;

/* For ever from then on, or for some decades. */
static rota_span some_time(struct fx *f, rota_time from)
{
    rota_time to = t("2031-01-01T00:00Z") + fx_random(f, 4000) * 7 * DAY;
    return (rota_span){ from, fx_random(f, 2) ? to : ROTA_TIME_MAX };
}

/* expected: from then on. */
static void ck_pair(const one *a, const one *b, const answer *expected, int64_t ahead,
                    int64_t behind, rota_span within, tally *sum)
{
    answer in_time = *expected;
    const rota_time from = within.start;
    rota__meeting found;
    char what[512];
    int64_t work = WORK;
    ck_assert_int_eq(rota__forever_meet(&env, &a->series, 0, &b->series, 0, ahead, behind, within,
                                        &work, &found),
                     ROTA_OK);
    snprintf(what, sizeof what, "%s %lld+%lld %s and %s %lld+%lld %s, %lld+%lld, from %lld",
             a->series.rule_text, (long long)a->series.start, (long long)a->era.shift,
             a->series.zone, b->series.rule_text, (long long)b->series.start,
             (long long)b->era.shift, b->series.zone, (long long)ahead, (long long)behind,
             (long long)from);
    in_time.found &= expected->later < within.end;
    ck_meeting(&in_time, &found, what);
    sum->pairs++;
    sum->found += found.found;
    sum->by_pattern += rota__pattern_apart(&a->series, 0, &b->series, 0, ahead + behind, from);
    if (WORK - work > sum->most_work) sum->most_work = WORK - work;
}

/* Do as many of one as `many` ever meet? The starts are in order. */
static void ck_alone(struct fx *f, const one *a, const starts *x, rota_span within, tally *sum)
{
    const rota_time from = within.start;
    const int64_t many = 2 + fx_random(f, 3), ahead = fx_random(f, 4) * 21600,
                  behind = fx_random(f, 40) * 21600 + (fx_random(f, 2) ? 1 : 0);
    rota__meeting found;
    int64_t work = WORK, first = -1;
    for (int64_t i = 0; first < 0 && i + many <= x->count; i++) {
        rota_time end = x->at[i] + x->length + behind;
        if (end > from && x->at[i + many - 1] - ahead < end) first = i;
    }
    if (first >= 0 && x->at[first + many - 1] >= within.end) first = -1;
    ck_assert_int_eq(rota__forever_meet_itself(&env, &a->series, 0, many, ahead, behind, within,
                                               &work, &found),
                     ROTA_OK);
    ck_assert_msg(found.decided && found.found == (first >= 0) &&
                      (first < 0 || (found.other.when.start == x->at[first] &&
                                     found.mine.when.start == x->at[first + many - 1])),
                  "%d of %s %lld+%lld %s, %lld+%lld, from %lld: %s, which is wrong", (int)many,
                  a->series.rule_text, (long long)a->series.start, (long long)a->era.shift,
                  a->series.zone, (long long)ahead, (long long)behind, (long long)from,
                  !found.decided ? "not decided"
                  : found.found  ? "they meet"
                                 : "never");
    sum->alone += found.found;
    sum->alone_by_pattern += rota__pattern_apart_itself(&a->series, 0, ahead + behind, from);
}

static int64_t pairs_of(int64_t usual)
{
    const char *given = getenv("ROTA_PAIRS");
    return given ? atoll(given) : usual;
}

static void report(const char *what, const tally *sum)
{
    if (getenv("ROTA_PAIRS"))
        printf("%s: %lld pairs, %lld meet, %lld of the rest by their pattern; at most %lld steps;"
               " %lld meet themselves, %lld of the rest by their pattern\n",
               what, (long long)sum->pairs, (long long)sum->found, (long long)sum->by_pattern,
               (long long)sum->most_work, (long long)sum->alone, (long long)sum->alone_by_pattern);
}

START_TEST(random_pairs_are_judged_as_by_counting_days)
{
    struct fx f = { .random = tests_seed("forever") };
    starts x = { 0 }, y = { 0 };
    tally sum = { 0 };
    for (int64_t pairs = pairs_of(100); sum.pairs < pairs;) {
        plain p, q;
        one a, b;
        choose(&f, &p);
        choose(&f, &q);
        int64_t days = common(period_of(&p), period_of(&q)), room = fx_random(&f, 3) * 900;
        if (days > 4 * CYCLE) continue;
        x.length = (1 + fx_random(&f, 6)) * 900 * (fx_random(&f, 3) == 0 ? 16 : 1);
        y.length = (1 + fx_random(&f, 6)) * 900 * (fx_random(&f, 3) == 0 ? 16 : 1);
        rota_time from = t("2031-01-01T00:00Z") + fx_random(&f, 1500) * 43200;
        expand(&p, days + 3000, &x);
        expand(&q, days + 3000, &y);
        answer expected = brute(&x, &y, room, 2 * room, from);
        make(&a, "UTC", p.start, p.rule, x.length);
        make(&b, "UTC", q.start, q.rule, y.length);
        a.era.shift = p.shift;
        b.era.shift = q.shift;
        prepare(&a);
        prepare(&b);
        ck_pair(&a, &b, &expected, room, 2 * room, some_time(&f, from), &sum);
        ck_alone(&f, &a, &x, some_time(&f, from), &sum);
        rota__arena_reset(&arena);
    }
    free(x.at);
    free(y.at);
    report("in UTC", &sum);
}
END_TEST

/* --- in zones, with starts as the series has them --- */

static void choose_zoned(struct fx *f, char rule[64], char start[64])
{
    static const char *const rules[] = { "FREQ=DAILY",
                                         "FREQ=WEEKLY",
                                         "FREQ=WEEKLY;INTERVAL=2",
                                         "FREQ=WEEKLY;BYDAY=SU",
                                         "FREQ=WEEKLY;BYDAY=SA,SU",
                                         "FREQ=MONTHLY;BYDAY=-1SU",
                                         "FREQ=MONTHLY;BYDAY=2SU",
                                         "FREQ=MONTHLY",
                                         "FREQ=HOURLY;INTERVAL=36" };
    strcpy(rule, rules[fx_random(f, ROTA__LENGTH(rules))]);
    sprintf(start, "2031-01-%02dT%02d:%02d", 1 + (int)fx_random(f, 28), (int)fx_random(f, 5),
            (int)fx_random(f, 2) * 30);
}

static void walk_all(const one *s, rota_time to, starts *out)
{
    rota__series_walk walk;
    rota__happening h;
    out->count = 0;
    rota__series_open(&walk, &s->series, 0, (rota_span){ ROTA_TIME_MIN, to }, false);
    while (rota__series_next(&walk, &h) == ROTA_OK)
        put(out, h.when.start);
}

START_TEST(random_pairs_in_zones_are_judged_as_by_comparing_all)
{
    static const char *const names[] = { LISBON,          YORK,           "Australia/Lord_Howe",
                                         "Europe/Dublin", "America/Nuuk", "UTC" };
    struct fx f = { .random = tests_seed("forever, zones") };
    starts x = { 0 }, y = { 0 };
    tally sum = { 0 };
    for (int64_t pairs = pairs_of(40); sum.pairs < pairs;) {
        char rules[2][64], begins[2][64];
        const char *zone = names[fx_random(&f, ROTA__LENGTH(names))], *zone_too = zone;
        one a, b;
        choose_zoned(&f, rules[0], begins[0]);
        choose_zoned(&f, rules[1], begins[1]);
        if (fx_random(&f, 3) == 0) zone_too = names[fx_random(&f, ROTA__LENGTH(names))];
        x.length = (1 + fx_random(&f, 4)) * 1800;
        y.length = (1 + fx_random(&f, 4)) * 1800;
        make(&a, zone, begins[0], rules[0], x.length);
        make(&b, zone_too, begins[1], rules[1], y.length);
        if (fx_random(&f, 3) == 0) a.era.shift = (fx_random(&f, 9) - 4) * 1800;
        prepare(&a);
        prepare(&b);
        /* Two periods of those that come every second week, behind the tables of 2037. */
        rota_time to = t("2040-01-01T00:00Z") + 2 * (int64_t)CYCLE * DAY;
        walk_all(&a, to, &x);
        walk_all(&b, to, &y);
        answer expected = brute(&x, &y, 0, 0, ROTA_TIME_MIN);
        ck_pair(&a, &b, &expected, 0, 0, some_time(&f, ROTA_TIME_MIN), &sum);
        ck_alone(&f, &a, &x, some_time(&f, ROTA_TIME_MIN), &sum);
        rota__arena_reset(&arena);
    }
    free(x.at);
    free(y.at);
    report("in zones", &sum);
}
END_TEST

Suite *forever_suite(void)
{
    Suite *suite = suite_create("forever");
    TCase *tc = tcase_create("forever");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, weekly_ones_of_a_zone_are_apart_or_not);
    tcase_add_test(tc, every_second_week_has_room_for_another);
    tcase_add_test(tc, intervals_that_share_nothing_come_together);
    tcase_add_test(tc, a_gap_brings_together_what_the_clock_keeps_apart);
    tcase_add_test(tc, two_zones_meet_in_the_weeks_between_their_changes);
    tcase_add_test(tc, rare_days_meet_rarely);
    tcase_add_test(tc, days_as_a_whole_meet_what_is_on_them);
    tcase_add_test(tc, what_comes_once_counts);
    tcase_add_test(tc, among_equals_the_earlier_of_mine_is_named);
    tcase_add_test(tc, what_a_shift_takes_into_a_gap_is_met_in_its_order);
    tcase_add_test(tc, what_takes_too_long_is_not_decided);
    tcase_add_test(tc, memory_that_runs_out_is_said);
    tcase_add_test(tc, what_lies_ahead_of_a_zone_is_what_comes);
    suite_add_tcase(suite, tc);
    tc = tcase_create("random");
    tcase_add_checked_fixture(tc, setup, teardown);
    if (getenv("ROTA_PAIRS")) tcase_set_timeout(tc, 3600);
    tcase_add_test(tc, random_pairs_are_judged_as_by_counting_days);
    tcase_add_test(tc, random_pairs_in_zones_are_judged_as_by_comparing_all);
    suite_add_tcase(suite, tc);
    return suite;
}
