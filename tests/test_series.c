/* What is kept of a series, and what comes of it: bytes that are whole or refused, eras and
 * their shifts across clock changes, exceptions, windows, and the way back from an original
 * start. */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "domain/block.h"
#include "domain/series.h"
#include "fixture.h"

enum { HOUR = 3600, DAY = 86400, MOST = 64 };

static rota__mem mem;
static rota__arena arena;
static rota__error error;
static rota__tz_cache zones;
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

/* A wall-clock time, as t() reads an instant. */
static rota__local at(const char *text)
{
    char utc[32];
    strcpy(utc, text);
    strcat(utc, "Z");
    return t(utc);
}

static const rota__claim claims[] = {
    { .resource = 3, .resource_id = { { 1 } }, .units = 1 },
    { .resource = 700,
      .resource_id = { { 1, 1 } },
      .units = 20,
      .role = ROTA_ROLE_OPTIONAL,
      .flags = ROTA_CLAIM_FREE },
};

static rota__era era_of(const char *from, int64_t shift, int64_t length)
{
    return (rota__era){ .from = from ? at(from) : ROTA_TIME_MIN,
                        .shift = shift,
                        .length = length,
                        .claims = claims,
                        .claim_count = ROTA__LENGTH(claims) };
}

static rota__series series_of(const char *zone, const char *start, const char *rule,
                              rota__era *eras, int64_t count)
{
    return (rota__series){ .zone = zone,
                           .rule_text = rule,
                           .start = at(start),
                           .checked_until = ROTA_TIME_MAX,
                           .eras = eras,
                           .era_count = count };
}

static void prepare(rota__series *series)
{
    int rc = rota__series_prepare(&env, &zones, series);
    ck_assert_msg(rc == ROTA_OK, "%s", error.message);
}

/* "original start end", "starts" where all is one instant: what the walk gives, as text. */
static void ck_walk(const rota__series *series, int64_t era, const char *from, const char *to,
                    bool every, const char *const *expected)
{
    rota_span window = { from ? t(from) : INT64_MIN, to ? t(to) : INT64_MAX };
    rota__series_walk walk;
    rota__happening h;
    rota__series_open(&walk, series, era, window, every);
    for (; *expected; expected += 3) {
        ck_assert_int_eq(rota__series_next(&walk, &h), ROTA_OK);
        for (int i = 0; i < 3; i++) {
            rota_time found = i == 0 ? h.original : i == 1 ? h.when.start : h.when.end;
            char text[ROTA_TIME_TEXT];
            ck_assert_int_eq(rota_time_format(found, text), ROTA_OK);
            ck_assert_msg(found == t(expected[i]), "%s, not %s", text, expected[i]);
        }
        ck_assert_int_eq(h.era, era);
    }
    ck_assert_int_eq(rota__series_next(&walk, &h), ROTA__RECUR_DONE);
    ck_assert_int_eq(rota__series_next(&walk, &h), ROTA__RECUR_DONE);
}
#define WALK(series, era, from, to, every, ...) \
    ck_walk((series), (era), (from), (to), (every), (const char *const[]){ __VA_ARGS__, NULL })

/* --- bytes --- */

static rota_time dates[3], left_out[2];
static rota__exception exceptions[3];
static rota__era many_eras[4];

static rota__series full(void)
{
    many_eras[0] = era_of(NULL, 0, 5400);
    many_eras[1] = era_of("2031-04-01T00:00", -7200, 1800);
    many_eras[2] = era_of("2031-05-01T00:00", 9 * DAY, 3600);
    many_eras[2].claim_count = 1;
    many_eras[3] = era_of("2032-01-01T09:00", 0, 5400);
    many_eras[3].cancelled = true;
    rota__series series = series_of("Europe/Lisbon", "2031-03-10T09:00", "FREQ=WEEKLY", many_eras,
                                    ROTA__LENGTH(many_eras));
    dates[0] = dates[1] = t("2031-02-01T12:00Z");
    dates[2] = ROTA_TIME_MAX;
    left_out[0] = ROTA_TIME_MIN;
    left_out[1] = t("2031-03-31T08:00Z");
    exceptions[0] = (rota__exception){ ROTA_TIME_MIN, ROTA__EXCEPT_SKIPPED };
    exceptions[1] = (rota__exception){ t("2031-03-24T09:00Z"), ROTA__EXCEPT_APART };
    exceptions[2] = (rota__exception){ t("2031-04-14T08:00Z"), ROTA__EXCEPT_SKIPPED };
    series.rdates = dates;
    series.rdate_count = ROTA__LENGTH(dates);
    series.exdates = left_out;
    series.exdate_count = ROTA__LENGTH(left_out);
    series.exceptions = exceptions;
    series.exception_count = ROTA__LENGTH(exceptions);
    return series;
}

static int64_t written(const rota__series *series, uint8_t **out)
{
    const void *bytes;
    int64_t size;
    ck_assert_int_eq(rota__series_write(&env, series, &bytes, &size), ROTA_OK);
    *out = rota__arena_copy(&arena, bytes, size);
    return size;
}

static void ck_same_eras(const rota__series *a, const rota__series *b)
{
    ck_assert_int_eq(a->era_count, b->era_count);
    for (int64_t i = 0; i < a->era_count; i++) {
        const rota__era *x = &a->eras[i], *y = &b->eras[i];
        ck_assert(x->from == y->from && x->cancelled == y->cancelled && x->shift == y->shift &&
                  x->length == y->length && x->claim_count == y->claim_count);
        for (int64_t k = 0; k < x->claim_count; k++) {
            const rota__claim *c = &x->claims[k], *d = &y->claims[k];
            ck_assert(c->resource == d->resource && c->units == d->units && c->role == d->role &&
                      c->flags == d->flags &&
                      rota__id_compare(&c->resource_id, &d->resource_id) == 0);
        }
    }
}

static void ck_same(const rota__series *a, const rota__series *b)
{
    ck_assert_str_eq(a->zone, b->zone);
    ck_assert_pstr_eq(a->rule_text, b->rule_text);
    ck_assert(a->start == b->start && a->all_day == b->all_day &&
              a->checked_until == b->checked_until);
    ck_assert(a->rdate_count == b->rdate_count && a->exdate_count == b->exdate_count &&
              a->exception_count == b->exception_count);
    for (int64_t i = 0; i < a->rdate_count; i++)
        ck_assert_int_eq(a->rdates[i], b->rdates[i]);
    for (int64_t i = 0; i < a->exdate_count; i++)
        ck_assert_int_eq(a->exdates[i], b->exdates[i]);
    for (int64_t i = 0; i < a->exception_count; i++)
        ck_assert(a->exceptions[i].original == b->exceptions[i].original &&
                  a->exceptions[i].kind == b->exceptions[i].kind);
    ck_same_eras(a, b);
}

START_TEST(what_is_written_is_read)
{
    rota__series series[4], back;
    rota__era one = era_of(NULL, 0, 1);
    series[0] = full();
    series[1] = series_of("UTC", "2031-03-10T00:00", NULL, &one, 1);
    series[1].all_day = true;
    series[2] = series_of("UTC", "9999-12-31T23:59:59", "FREQ=DAILY;COUNT=1", &one, 1);
    series[2].checked_until = ROTA_TIME_MIN;
    series[3] = series[2];
    series[3].start = ROTA_TIME_MIN;
    for (int i = 0; i < 4; i++) {
        uint8_t *bytes;
        int64_t size = written(&series[i], &bytes);
        ck_assert_int_eq(rota__series_read(&env, &zones, bytes, size, &back), ROTA_OK);
        ck_same(&series[i], &back);
        ck_assert_ptr_nonnull(back.set.zone);
    }
    uint8_t *bytes;
    ck_assert_int_le(written(&series[0], &bytes), 250);
}
END_TEST

/* Of a hundred claims the resource's own, in each era; and what recurs is as it was. */
START_TEST(a_copy_for_one_resource_has_its_claim_alone)
{
    enum { MANY = 100 };
    rota__claim many[MANY], other[1] = { claims[0] };
    rota__era eras[] = { era_of(NULL, 0, HOUR), era_of("2031-06-01T00:00", HOUR, 2 * HOUR),
                         era_of("2031-09-01T00:00", 0, HOUR), era_of("2031-10-01T00:00", 0, HOUR) };
    rota__exception skipped = { t("2031-03-17T08:00Z"), ROTA__EXCEPT_SKIPPED };
    const void *bytes, *copy;
    int64_t size, less;
    for (int i = 0; i < MANY; i++)
        many[i] = (rota__claim){ .resource = i + 1,
                                 .resource_id = { { (uint8_t)(i + 1) } },
                                 .units = i + 1 };
    for (int i = 0; i < 4; i++) {
        eras[i].claims = i == 2 ? other : many;
        eras[i].claim_count = i == 2 ? 1 : MANY;
    }
    rota__series made = series_of("Europe/Berlin", "2031-03-10T09:00", "FREQ=WEEKLY", eras, 4);
    made.exceptions = &skipped;
    made.exception_count = 1;
    ck_assert_int_eq(rota__series_write(&env, &made, &bytes, &size), ROTA_OK);

    for (int64_t resource = 1; resource <= MANY + 1; resource++) {
        rota__series read, whole;
        less = size;
        ck_assert_ptr_nonnull(copy = rota__series_copy_for(&arena, resource, bytes, &less));
        ck_assert_int_lt(less, 200);
        ck_assert_int_eq(rota__series_read(&env, &zones, copy, less, &read), ROTA_OK);
        ck_assert_int_eq(rota__series_read(&env, &zones, bytes, size, &whole), ROTA_OK);
        ck_assert_int_eq(read.era_count, 4);
        ck_assert_int_eq(read.exception_count, 1);
        for (int i = 0; i < 4; i++) {
            const rota__era *era = &read.eras[i];
            bool there = i == 2 ? resource == other->resource : resource <= MANY;
            ck_assert_int_eq(era->claim_count, there);
            if (there) ck_assert_int_eq(era->claims->resource, resource);
            if (there) ck_assert_int_eq(era->claims->units, i == 2 ? 1 : resource);
            ck_assert_int_eq(era->shift, whole.eras[i].shift);
            ck_assert_int_eq(era->length, whole.eras[i].length);
            ck_assert_int_eq(era->from, whole.eras[i].from);
        }
    }

    /* what is damaged stays so, for who reads it to say */
    char *damaged = rota__arena_copy(&arena, bytes, size);
    damaged[size / 2] ^= 1;
    less = size;
    ck_assert_ptr_nonnull(copy = rota__series_copy_for(&arena, 1, damaged, &less));
    ck_assert_int_eq(less, size);
    ck_assert(memcmp(copy, damaged, (size_t)size) == 0);
}
END_TEST

START_TEST(a_zone_that_is_not_here_is_no_damage)
{
    rota__series series = full(), back;
    uint8_t *bytes;
    series.zone = "Mars/Olympus";
    int64_t size = written(&series, &bytes);
    ck_assert_int_eq(rota__series_read(&env, &zones, bytes, size, &back), ROTA_EINVALID);
    series.zone = "UTC";
    series.rule_text = "FREQ=SOMETIMES";
    size = written(&series, &bytes);
    ck_assert_int_eq(rota__series_read(&env, &zones, bytes, size, &back), ROTA_ECORRUPT);
}
END_TEST

static void reseal(uint8_t *bytes, int64_t size)
{
    uint32_t seal = (uint32_t)rota__id_hash(bytes, size - 4);
    for (int i = 0; i < 4; i++)
        bytes[size - 4 + i] = (uint8_t)(seal >> 8 * i);
}

/* Bytes that somebody sealed: refused, or a series like any other. */
static bool read_sealed(uint8_t *bytes, int64_t size)
{
    rota__series_walk walk;
    rota__happening h;
    rota__series back;
    uint8_t *again;
    reseal(bytes, size);
    error.message[0] = '\0';
    int rc = rota__series_read(&env, &zones, bytes, size, &back);
    ck_assert(rc == ROTA_OK || (error.message[0] && (rc == ROTA_ECORRUPT || rc == ROTA_EINVALID)));
    if (rc != ROTA_OK) return false;
    ck_assert_int_eq(written(&back, &again), size);
    for (int64_t era = 0; era < back.era_count; era++) {
        rota__series_open(&walk, &back, era, (rota_span){ INT64_MIN, INT64_MAX }, false);
        for (int i = 0; i < 20 && rota__series_next(&walk, &h) == ROTA_OK; i++)
            ck_assert(h.when.start >= ROTA_TIME_MIN && h.when.start < h.when.end &&
                      h.when.end <= ROTA_TIME_MAX);
    }
    (void)rota__series_first(&env, &back, 0, &h);
    return true;
}

START_TEST(damage_is_found)
{
    rota__series series = full(), back;
    uint8_t *good, *bad;
    prepare(&series); /* what is written again goes by the same zone data */
    int64_t size = written(&series, &good), valid = 0;
    for (int64_t i = 0; i < size; i++)
        for (int change = 1; change < 256; change++) {
            bad = rota__arena_copy(&arena, good, size);
            bad[i] ^= (uint8_t)change;
            ck_assert_int_eq(rota__series_read(&env, &zones, bad, size, &back), ROTA_ECORRUPT);
            if (change & (change - 1) && change != 255) continue;
            valid += i < size - 4 && read_sealed(bad, size);
        }
    ck_assert_int_gt(valid, 100);
}
END_TEST

START_TEST(bytes_that_end_early_or_late_are_damage)
{
    rota__series series = full(), back;
    uint8_t *good;
    int64_t size = written(&series, &good);
    ck_assert_int_eq(rota__series_read(&env, &zones, NULL, 0, &back), ROTA_ECORRUPT);
    for (int64_t i = 0; i < size; i++) {
        /* Of its own size, so that a sanitizer sees what is read behind it. */
        uint8_t *part = malloc((size_t)size + 1);
        memcpy(part, good, (size_t)size);
        part = realloc(part, (size_t)(i > 0 ? i : 1));
        ck_assert_int_eq(rota__series_read(&env, &zones, part, i, &back), ROTA_ECORRUPT);
        if (i > 4) ck_assert(!read_sealed(part, i));
        free(part);
    }
    uint8_t *more = rota__arena_alloc(&arena, size + 1, 1);
    memcpy(more, good, (size_t)size - 4);
    ck_assert(!read_sealed(more, size + 1));
    ck_assert_ptr_nonnull(strstr(error.message, "goes on behind its end"));
}
END_TEST

/* --- eras and zones --- */

START_TEST(eras_follow_each_other)
{
    rota__era eras[] = { era_of(NULL, 0, HOUR), era_of("2031-03-12T09:00", 90 * 60, 2 * HOUR),
                         era_of("2031-03-13T09:00", -DAY, HOUR) };
    rota__series series = series_of("UTC", "2031-03-10T09:00", "FREQ=DAILY", eras, 3);
    prepare(&series);
    WALK(&series, 0, NULL, NULL, false,                                 //
         "2031-03-10T09:00Z", "2031-03-10T09:00Z", "2031-03-10T10:00Z", //
         "2031-03-11T09:00Z", "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    WALK(&series, 1, NULL, NULL, false, "2031-03-12T09:00Z", "2031-03-12T10:30Z",
         "2031-03-12T12:30Z");
    WALK(&series, 2, NULL, "2031-03-14T00:00Z", false,                  //
         "2031-03-13T09:00Z", "2031-03-12T09:00Z", "2031-03-12T10:00Z", //
         "2031-03-14T09:00Z", "2031-03-13T09:00Z", "2031-03-13T10:00Z");
}
END_TEST

START_TEST(eras_that_begin_in_a_gap_have_each_original_once)
{
    rota__era eras[] = { era_of(NULL, 0, 60), era_of("2031-03-09T02:30", 0, 60),
                         era_of("2031-03-09T03:00", 0, 60) };
    rota__series series = series_of("America/New_York", "2031-03-09T01:00",
                                    "FREQ=MINUTELY;INTERVAL=15", eras, 3);
    int64_t found = 0;
    int32_t kind;
    rota__happening h;
    prepare(&series);
    for (int64_t era = 0; era < 3; era++) {
        rota__series_walk walk;
        rota__series_open(&walk, &series, era, (rota_span){ INT64_MIN, t("2031-03-09T09:00Z") },
                          false);
        for (; rota__series_next(&walk, &h) == ROTA_OK; found++) {
            rota__happening again;
            ck_assert_int_eq(rota__series_find(&env, &series, h.original, &again, &kind), ROTA_OK);
            ck_assert_int_eq(again.era, era);
        }
    }
    ck_assert_int_eq(found, 3 * 4);
}
END_TEST

START_TEST(a_shift_is_one_of_the_wall_clock)
{
    rota__era eras[] = { era_of(NULL, HOUR, HOUR) };
    rota__series york = series_of("America/New_York", "2031-03-08T09:00", "FREQ=DAILY;COUNT=2",
                                  eras, 1);
    rota__series lisbon = series_of("Europe/Lisbon", "2031-03-29T00:30", "FREQ=DAILY;COUNT=3", eras,
                                    1);
    rota__series howe = series_of("Australia/Lord_Howe", "2031-04-05T01:00", "FREQ=DAILY;COUNT=3",
                                  eras, 1);
    prepare(&york);
    WALK(&york, 0, NULL, NULL, false,                                   //
         "2031-03-08T14:00Z", "2031-03-08T15:00Z", "2031-03-08T16:00Z", //
         "2031-03-09T13:00Z", "2031-03-09T14:00Z", "2031-03-09T15:00Z");
    prepare(&lisbon);                   /* 01:30 is not there on the 30th, and read as 02:30 */
    WALK(&lisbon, 0, NULL, NULL, false, //
         "2031-03-29T00:30Z", "2031-03-29T01:30Z", "2031-03-29T02:30Z", //
         "2031-03-30T00:30Z", "2031-03-30T01:30Z", "2031-03-30T02:30Z", //
         "2031-03-30T23:30Z", "2031-03-31T00:30Z", "2031-03-31T01:30Z");
    prepare(&howe);                   /* 02:00 becomes 01:30: half an hour */
    WALK(&howe, 0, NULL, NULL, false, //
         "2031-04-04T14:00Z", "2031-04-04T15:00Z", "2031-04-04T16:00Z", //
         "2031-04-05T14:00Z", "2031-04-05T15:30Z", "2031-04-05T16:30Z", //
         "2031-04-06T14:30Z", "2031-04-06T15:30Z", "2031-04-06T16:30Z");
}
END_TEST

START_TEST(a_shift_goes_from_one_season_into_another)
{
    rota__era eras[] = { era_of(NULL, 7 * DAY, HOUR) };
    rota__series series = series_of("America/New_York", "2031-03-03T09:00", "FREQ=WEEKLY;COUNT=2",
                                    eras, 1);
    prepare(&series);
    WALK(&series, 0, NULL, NULL, false,                                 //
         "2031-03-03T14:00Z", "2031-03-10T13:00Z", "2031-03-10T14:00Z", //
         "2031-03-10T13:00Z", "2031-03-17T13:00Z", "2031-03-17T14:00Z");
    WALK(&series, 0, "2031-03-10T13:59:59Z", "2031-03-10T14:00Z", false, "2031-03-03T14:00Z",
         "2031-03-10T13:00Z", "2031-03-10T14:00Z");
    series = series_of("America/New_York", "2031-10-27T09:00", "FREQ=WEEKLY;COUNT=2", eras, 1);
    prepare(&series); /* an hour later than the shift alone */
    WALK(&series, 0, "2031-11-03T14:59:59Z", "2031-11-03T15:00Z", false, "2031-10-27T13:00Z",
         "2031-11-03T14:00Z", "2031-11-03T15:00Z");
}
END_TEST

START_TEST(an_all_day_series_has_days_of_23_and_25_hours)
{
    rota__era eras[] = { era_of(NULL, 0, 1), era_of("2031-10-01T00:00", DAY, 2) };
    rota__series series = series_of("Europe/Lisbon", "2031-03-29T00:00",
                                    "FREQ=YEARLY;BYMONTH=3,10;BYMONTHDAY=25,29,30", eras, 2);
    series.all_day = true;
    prepare(&series);
    WALK(&series, 0, "2031-03-29T00:00Z", "2031-09-01T00:00Z", false,   //
         "2031-03-29T00:00Z", "2031-03-29T00:00Z", "2031-03-30T00:00Z", //
         "2031-03-30T00:00Z", "2031-03-30T00:00Z", "2031-03-30T23:00Z");
    WALK(&series, 1, "2031-10-01T00:00Z", "2031-10-28T00:00Z", false, "2031-10-24T23:00Z",
         "2031-10-25T23:00Z", "2031-10-28T00:00Z");
}
END_TEST

START_TEST(a_day_begins_where_its_midnight_would_be)
{
    rota__era eras[] = { era_of(NULL, 0, 1), era_of("2019-09-09T00:00", -DAY, 1) };
    rota__series series = series_of("America/Santiago", "2019-09-07T00:00", "FREQ=DAILY;COUNT=3",
                                    eras, 2);
    series.all_day = true;
    prepare(&series);                   /* on the 8th the clocks went from 00:00 to 01:00 */
    WALK(&series, 0, NULL, NULL, false, //
         "2019-09-07T04:00Z", "2019-09-07T04:00Z", "2019-09-08T04:00Z", //
         "2019-09-08T04:00Z", "2019-09-08T04:00Z", "2019-09-09T03:00Z");
    WALK(&series, 1, NULL, NULL, false, "2019-09-09T03:00Z", "2019-09-08T04:00Z",
         "2019-09-09T03:00Z");
}
END_TEST

START_TEST(a_day_that_a_zone_left_out_is_the_next_one)
{
    rota__era eras[] = { era_of(NULL, 0, 1) };
    rota__series series = series_of("Pacific/Apia", "2011-12-30T00:00", "FREQ=WEEKLY;COUNT=2", eras,
                                    1);
    series.all_day = true;
    prepare(&series);
    WALK(&series, 0, NULL, NULL, false,                                 //
         "2011-12-30T10:00Z", "2011-12-30T10:00Z", "2011-12-31T10:00Z", //
         "2012-01-05T10:00Z", "2012-01-05T10:00Z", "2012-01-06T10:00Z");
}
END_TEST

/* --- windows, exceptions, the way back --- */

START_TEST(a_window_has_what_overlaps_it)
{
    rota__era eras[] = { era_of(NULL, 0, HOUR), era_of("2031-03-12T00:00", 30 * DAY, HOUR) };
    rota__series series = series_of("UTC", "2031-03-10T09:00", "FREQ=DAILY;COUNT=3", eras, 2);
    prepare(&series);
    WALK(&series, 0, "2031-03-10T10:00Z", "2031-03-11T09:00Z", false, NULL);
    WALK(&series, 0, "2031-03-10T09:59:59Z", "2031-03-11T09:00Z", false, "2031-03-10T09:00Z",
         "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    WALK(&series, 0, "2031-03-10T10:00Z", "2031-03-11T09:00:01Z", false, "2031-03-11T09:00Z",
         "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    WALK(&series, 1, "2031-03-12T09:00Z", "2031-03-12T10:00Z", false, NULL);
    WALK(&series, 1, "2031-04-11T09:00Z", "2031-04-11T10:00Z", false, "2031-03-12T09:00Z",
         "2031-04-11T09:00Z", "2031-04-11T10:00Z");
    rota__series_walk walk;
    rota__happening h;
    static const rota_span nothing[] = { { INT64_MIN, INT64_MIN + 1 },
                                         { INT64_MAX - 1, INT64_MAX },
                                         { ROTA_TIME_MAX, INT64_MAX } };
    for (int64_t i = 0; i < ROTA__LENGTH(nothing); i++) {
        rota__series_open(&walk, &series, 0, nothing[i], false);
        ck_assert_int_eq(rota__series_next(&walk, &h), ROTA__RECUR_DONE);
    }
}
END_TEST

START_TEST(what_would_end_behind_all_time_is_left_out)
{
    rota__era eras[] = { era_of(NULL, 0, HOUR) };
    rota__series series = series_of("UTC", "9999-12-30T23:00", "FREQ=HOURLY;INTERVAL=8", eras, 1);
    prepare(&series);
    WALK(&series, 0, "9999-12-31T14:00Z", NULL, false, "9999-12-31T15:00Z", "9999-12-31T15:00Z",
         "9999-12-31T16:00Z");
    eras[0].shift = ROTA_TIME_MAX - ROTA_TIME_MIN;
    WALK(&series, 0, NULL, NULL, false, NULL);
    eras[0].shift = -eras[0].shift;
    WALK(&series, 0, NULL, NULL, false, NULL);
    series.start = ROTA_TIME_MIN;
    prepare(&series);
    eras[0].shift = ROTA_TIME_MAX - ROTA_TIME_MIN + 1 - 8 * HOUR;
    WALK(&series, 0, NULL, NULL, false, "0001-01-01T00:00Z", "9999-12-31T16:00Z",
         "9999-12-31T17:00Z");
}
END_TEST

START_TEST(exceptions_are_left_out_but_by_every)
{
    rota__era eras[] = { era_of(NULL, 0, HOUR), era_of("2031-03-13T00:00", HOUR, HOUR) };
    rota__series series = series_of("UTC", "2031-03-10T09:00", "FREQ=DAILY;COUNT=5", eras, 2);
    rota_time given[] = { t("2031-03-10T09:00Z") };
    rota__exception apart[] = { { t("2031-03-11T09:00Z"), ROTA__EXCEPT_APART },
                                { t("2031-03-14T09:00Z"), ROTA__EXCEPT_SKIPPED } };
    rota__happening h;
    int32_t kind = -1;
    series.exdates = given;
    series.exdate_count = 1;
    series.exceptions = apart;
    series.exception_count = 2;
    prepare(&series);
    ck_assert_int_eq(series.set.exdate_count, 3);
    WALK(&series, 0, NULL, NULL, false, "2031-03-12T09:00Z", "2031-03-12T09:00Z",
         "2031-03-12T10:00Z");
    WALK(&series, 0, NULL, NULL, true,                                  //
         "2031-03-11T09:00Z", "2031-03-11T09:00Z", "2031-03-11T10:00Z", //
         "2031-03-12T09:00Z", "2031-03-12T09:00Z", "2031-03-12T10:00Z");
    ck_assert_int_eq(rota__series_find(&env, &series, given[0], &h, &kind), ROTA_ENOTFOUND);
    ck_assert_int_eq(rota__series_find(&env, &series, given[0] + 1, &h, &kind), ROTA_ENOTFOUND);
    ck_assert_int_eq(rota__series_find(&env, &series, INT64_MAX, &h, &kind), ROTA_ENOTFOUND);
    ck_assert_int_eq(kind, -1);
    ck_assert_int_eq(rota__series_find(&env, &series, apart[0].original, &h, &kind), ROTA_OK);
    ck_assert(kind == ROTA__EXCEPT_APART && h.era == 0 && h.when.start == apart[0].original);
    ck_assert_int_eq(rota__series_find(&env, &series, apart[1].original, &h, &kind), ROTA_OK);
    ck_assert(kind == ROTA__EXCEPT_SKIPPED && h.era == 1 &&
              h.when.start == apart[1].original + HOUR);
    ck_assert_int_eq(rota__series_find(&env, &series, t("2031-03-12T09:00Z"), &h, &kind), ROTA_OK);
    ck_assert_int_eq(kind, 0);
}
END_TEST

START_TEST(a_cancelled_era_has_no_happenings_but_by_every)
{
    rota__era eras[] = { era_of(NULL, 0, HOUR), era_of("2031-03-11T00:00", 0, HOUR) };
    rota__series series = series_of("UTC", "2031-03-10T09:00", "FREQ=DAILY", eras, 2);
    rota__happening h;
    int32_t kind = -1;
    prepare(&series);
    ck_assert(rota__series_endless(&series));
    eras[1].cancelled = true;
    ck_assert(!rota__series_endless(&series));
    WALK(&series, 1, NULL, NULL, false, NULL);
    WALK(&series, 1, NULL, "2031-03-12T00:00Z", true, "2031-03-11T09:00Z", "2031-03-11T09:00Z",
         "2031-03-11T10:00Z");
    ck_assert_int_eq(rota__series_find(&env, &series, t("2031-03-11T09:00Z"), &h, &kind), ROTA_OK);
    ck_assert(kind == 0 && h.era == 1);
    series.rule_text = "FREQ=DAILY;COUNT=4000";
    eras[1].cancelled = false;
    prepare(&series);
    ck_assert(!rota__series_endless(&series));
}
END_TEST

START_TEST(the_first_is_the_first_of_all_eras)
{
    rota__era eras[] = { era_of(NULL, 10 * DAY, HOUR), era_of("2031-03-13T00:00", -DAY, HOUR) };
    rota__series series = series_of("UTC", "2031-03-10T09:00", "FREQ=DAILY;COUNT=5", eras, 2);
    rota__happening h;
    prepare(&series);
    ck_assert_int_eq(rota__series_first(&env, &series, INT64_MIN, &h), ROTA_OK);
    ck_assert(h.era == 1 && h.when.start == t("2031-03-12T09:00Z"));
    ck_assert_int_eq(rota__series_first(&env, &series, t("2031-03-13T09:00:01Z"), &h), ROTA_OK);
    ck_assert(h.era == 0 && h.when.start == t("2031-03-20T09:00Z"));
    ck_assert_int_eq(rota__series_first(&env, &series, t("2031-03-22T09:00Z"), &h), ROTA_OK);
    ck_assert_int_eq(rota__series_first(&env, &series, t("2031-03-22T09:00:01Z"), &h),
                     ROTA__RECUR_DONE);
    ck_assert_int_eq(rota__series_first(&env, &series, INT64_MAX, &h), ROTA__RECUR_DONE);
}
END_TEST

/* 02:30 is read as 03:30 in that night, and 03:00 is before it. */
START_TEST(the_first_in_a_gap_is_not_that_of_the_first_original)
{
    rota__era eras[] = { era_of(NULL, HOUR, 60) };
    rota__series series = series_of("America/New_York", "2031-03-09T01:30",
                                    "FREQ=MINUTELY;INTERVAL=30;COUNT=2", eras, 1);
    rota__happening h;
    prepare(&series);
    ck_assert_int_eq(rota__series_first(&env, &series, 0, &h), ROTA_OK);
    ck_assert_int_eq(h.when.start, t("2031-03-09T07:00Z"));
}
END_TEST

/* --- blocks --- */

static const struct {
    int count; /* of series */
    const char *rule;
} crowds[] = {
    { 1, "FREQ=HOURLY" },  { 3, "FREQ=WEEKLY" },          { 6, "FREQ=HOURLY" },
    { 20, "FREQ=HOURLY" }, { 60, "FREQ=DAILY;BYHOUR=9" },
};

/* One series each minute, the later ones made first, so that nothing is in order. */
START_TEST(a_block_has_all_that_overlap_it_by_start)
{
    enum { MOST_SERIES = 60 };
    const int count = crowds[_i].count;
    const int64_t number = rota__block_of(t("2036-05-01T00:00Z"));
    const rota_span stretch = { number * ROTA__BLOCK_SECONDS, (number + 1) * ROTA__BLOCK_SECONDS };
    rota__recurring recurring[MOST_SERIES] = { 0 };
    rota__era eras[] = { era_of(NULL, 0, HOUR) };
    rota__block *block;
    int64_t expected = 0;
    for (int i = 0; i < count; i++) {
        rota__series_walk walk;
        rota__happening h;
        uint8_t *bytes;
        rota__series series = series_of("Europe/Berlin", "2031-03-10T09:00", crowds[_i].rule, eras,
                                        1);
        series.start += (count - i) * 60;
        prepare(&series);
        recurring[i] = (rota__recurring){ .taken = { .when = { series.start - DAY, ROTA_TIME_MAX },
                                                     .booking = i + 1 },
                                          .series_size = written(&series, &bytes) };
        recurring[i].series = bytes;
        for (rota__series_open(&walk, &series, 0, stretch, false);
             rota__series_next(&walk, &h) == ROTA_OK; expected++)
            ;
    }
    const rota__block_source source = {
        .zones = &zones, .mem = &mem, .resource = 3, .recurring = recurring, .count = count
    };
    ck_assert_int_eq(rota__block_new(&env, &source, number, &block), ROTA_OK);
    ck_assert_int_eq(block->count, expected);
    for (int64_t i = 0; i < block->count; i++) {
        const rota__use *use = &block->uses[i], *before = use - 1;
        ck_assert(rota__time_overlap(use->when, stretch));
        ck_assert(i == 0 || before->when.start < use->when.start ||
                  (before->when.start == use->when.start && before->booking < use->booking));
    }
    rota__block_drop(block);
}
END_TEST

START_TEST(memory_that_runs_out_is_said)
{
    struct fx f = { 0 };
    rota__series series = full(), back;
    uint8_t *bytes;
    int64_t size = written(&series, &bytes);
    fx_configure(&f);
    rota__mem scarce;
    rota__mem_init(&scarce, f.config.memory, f.config.memory_ctx);
    int rc = ROTA_ENOMEM, rounds = 0;
    for (; rc == ROTA_ENOMEM; rounds++) {
        rota__arena own;
        rota__env small = { &own, &error };
        rota__arena_init(&own, &scarce);
        fx_fail_allocation(&f, rounds + 1);
        rc = rota__series_read(&small, &zones, bytes, size, &back);
        const void *again;
        if (rc == ROTA_OK) rc = rota__series_write(&small, &back, &again, &size);
        fx_fail_allocation(&f, 0);
        rota__arena_free(&own);
    }
    ck_assert_int_eq(rc, ROTA_OK);
    ck_assert(rounds > 1 && scarce.held == 0);
}
END_TEST

Suite *series_suite(void)
{
    Suite *suite = suite_create("series");
    TCase *tc = tcase_create("series");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_written_is_read);
    tcase_add_test(tc, a_copy_for_one_resource_has_its_claim_alone);
    tcase_add_test(tc, a_zone_that_is_not_here_is_no_damage);
    tcase_add_test(tc, damage_is_found);
    tcase_add_test(tc, bytes_that_end_early_or_late_are_damage);
    tcase_add_test(tc, eras_follow_each_other);
    tcase_add_test(tc, eras_that_begin_in_a_gap_have_each_original_once);
    tcase_add_test(tc, a_shift_is_one_of_the_wall_clock);
    tcase_add_test(tc, a_shift_goes_from_one_season_into_another);
    tcase_add_test(tc, an_all_day_series_has_days_of_23_and_25_hours);
    tcase_add_test(tc, a_day_begins_where_its_midnight_would_be);
    tcase_add_test(tc, a_day_that_a_zone_left_out_is_the_next_one);
    tcase_add_test(tc, a_window_has_what_overlaps_it);
    tcase_add_test(tc, what_would_end_behind_all_time_is_left_out);
    tcase_add_test(tc, exceptions_are_left_out_but_by_every);
    tcase_add_test(tc, a_cancelled_era_has_no_happenings_but_by_every);
    tcase_add_test(tc, the_first_is_the_first_of_all_eras);
    tcase_add_test(tc, the_first_in_a_gap_is_not_that_of_the_first_original);
    tcase_add_loop_test(tc, a_block_has_all_that_overlap_it_by_start, 0, (int)ROTA__LENGTH(crowds));
    tcase_add_test(tc, memory_that_runs_out_is_said);
    suite_add_tcase(suite, tc);
    return suite;
}
