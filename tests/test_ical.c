/* The days of rules beside those that libical finds: two readings of RFC 5545 that have
 * no line in common. Only rules are drawn that libical 3.0 is right about (days, no
 * BYSETPOS, no list that limits from the end), and that have days for long enough: of
 * an impossible one it looks for the next day for seconds. This file and bench/recur.c alone know
 * libical; the library does not use it, see lib/base/days.c. */
#include "tests.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/recur.h"
#include "fixture.h"

enum { RULES = 400, DAYS = 40, LAST_YEAR = 2500 };

static struct fx f; /* for its random numbers */

/* --- libical, 3.0 and 4.0 --- */

#if ICAL_CHECK_VERSION(4, 0, 0)
typedef struct icalrecurrencetype *ical_rule;

static ical_rule ical_read(const char *text)
{
    return icalrecurrencetype_new_from_string(text);
}

static bool ical_is_rule(ical_rule rule)
{
    return rule != NULL;
}

static void ical_free(ical_rule rule)
{
    if (rule) icalrecurrencetype_unref(rule);
}
#else
typedef struct icalrecurrencetype ical_rule;

static ical_rule ical_read(const char *text)
{
    return icalrecurrencetype_from_string(text);
}

static bool ical_is_rule(ical_rule rule)
{
    return rule.freq != ICAL_NO_RECURRENCE;
}

static void ical_free(ical_rule rule)
{
    free(rule.rscale);
}
#endif

/* The days from the start on, as many as there is room for. */
static int ical_days(const char *text, const rota__civil *start, int64_t *out, int room)
{
    struct icaltimetype from = icaltime_null_time(), at;
    int count = 0;
    from.year = start->year;
    from.month = start->month;
    from.day = start->day;
    from.zone = icaltimezone_get_utc_timezone();
    ical_rule rule = ical_read(text);
    ck_assert_msg(ical_is_rule(rule), "libical does not read %s", text);
    icalrecur_iterator *walk = icalrecur_iterator_new(rule, from);
    ck_assert_msg(walk, "libical does not walk %s", text);
    while (count < room) {
        at = icalrecur_iterator_next(walk);
        if (icaltime_is_null_time(at)) break;
        out[count++] = rota__time_days(at.year, at.month, at.day);
    }
    icalrecur_iterator_free(walk);
    ical_free(rule);
    return count;
}

/* --- rules --- */

static const char *one_of(const char *const *choices, int64_t count)
{
    return choices[fx_random(&f, count)];
}

#define ONE_OF(choices) one_of(choices, ROTA__LENGTH(choices))

static void random_rule(char *text, size_t size)
{
    static const char *const plain[] = { "MO", "TU,TH", "SA,SU", "WE", "MO,TU,WE,TH,FR" };
    static const char *const numbered[] = { "1MO", "-1FR", "2TU,4TU", "-2SU,1SU", "3WE", "5SA" };
    static const char *const days[] = { "1", "15", "31", "13,29", "5,10,30" };
    static const char *const back[] = { "-1", "-31", "-2,2", "-15", "1,-1" };
    static const char *const months[] = { "1", "2,3", "6,12", "1,2,3,4,5,6,7,8,9,10,11,12" };
    /* A weekly rule's first day must be the start, or libical takes another week. */
    static const char *const weekly[] = { "MO", "MO,WE", "MO,TU,WE,TH,FR", "MO,FR" };
    static const char *const starts[] = { "MO", "SU", "SA" };
    static const char *const freqs[] = { "YEARLY", "MONTHLY", "WEEKLY", "DAILY" };
    int64_t freq = fx_random(&f, 4), kind = fx_random(&f, 3);
    int at = snprintf(text, size, "FREQ=%s;INTERVAL=%lld", freqs[freq],
                      (long long)fx_random(&f, freq == 0 ? 3 : 11) + 1);
    bool by_day = freq == 2 || kind != 0, by_date = freq != 2 && kind != 1;
    if (freq == 0 || fx_random(&f, 3) == 0)
        at += snprintf(text + at, size - (size_t)at, ";BYMONTH=%s", ONE_OF(months));
    if (by_date)
        at += snprintf(text + at, size - (size_t)at, ";BYMONTHDAY=%s",
                       freq < 2 && fx_random(&f, 2) == 0 ? ONE_OF(back) : ONE_OF(days));
    bool numbers = freq < 2 && !by_date && fx_random(&f, 2) == 0;
    if (by_day)
        at += snprintf(text + at, size - (size_t)at, ";BYDAY=%s",
                       freq == 2 ? ONE_OF(weekly)
                       : numbers ? ONE_OF(numbered)
                                 : ONE_OF(plain));
    if (freq == 2) snprintf(text + at, size - (size_t)at, ";WKST=%s", ONE_OF(starts));
}

/* Ours, up to LAST_YEAR: libical 3.0 ends in 2582. */
static int own_days(const char *text, const rota__tz *utc, const rota__civil *start, int64_t *out)
{
    rota__error error = { 0 };
    rota__rule rule;
    rota__recur set = { .zone = utc, .rule = &rule, .start = rota__time_from_civil(start) };
    rota__recur_walk walk;
    rota_time at;
    int count = 0;
    ck_assert_msg(rota__rule_read(text, -1, &error, &rule) == ROTA_OK, "%s: %s", text,
                  error.message);
    rota__recur_open(&walk, &set, ROTA_TIME_MAX);
    while (count < DAYS && rota__recur_next(&walk, NULL, &at) == ROTA_OK &&
           at < rota__time_days(LAST_YEAR, 1, 1) * 86400)
        out[count++] = at / 86400;
    return count;
}

START_TEST(the_days_are_those_that_libical_finds)
{
    rota__mem mem;
    rota__tz_cache cache;
    rota__error error = { 0 };
    const rota__tz *utc;
    int compared = 0;
    f.random = tests_seed("ical");
    rota__mem_init(&mem, NULL, NULL);
    rota__tz_init(&cache, &mem);
    ck_assert_int_eq(rota__tz_get(&cache, "UTC", &error, &utc), ROTA_OK);
    for (int i = 0; i < RULES; i++) {
        char text[160];
        int64_t own[DAYS], found[DAYS];
        /* A Monday that begins a month and a year: periods begin with the start. */
        rota__civil start = { .year = fx_random(&f, 2) ? 2001 : 2018, .month = 1, .day = 1 };
        random_rule(text, sizeof text);
        int count = own_days(text, utc, &start, own);
        if (count < DAYS) continue;
        int there = ical_days(text, &start, found, DAYS);
        for (int k = 0; k < DAYS; k++)
            ck_assert_msg(k < there && own[k] == found[k], "%s from %d: day %d is %lld, not %lld",
                          text, start.year, k, (long long)own[k], (long long)found[k]);
        compared++;
    }
    rota__tz_free(&cache);
    ck_assert_int_ge(compared, RULES / 2);
}
END_TEST

Suite *ical_suite(void)
{
    Suite *suite = suite_create("ical");
    TCase *tc = tcase_create("ical");
    tcase_add_test(tc, the_days_are_those_that_libical_finds);
    suite_add_tcase(suite, tc);
    return suite;
}
