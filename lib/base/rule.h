/* Recurrence rules as text: RFC 5545, 3.3.10, read strictly and written back. What
 * a rule means, on which days and at which instants, is days.h and recur.h. */
#ifndef ROTA__RULE_H
#define ROTA__RULE_H

#include "base/error.h"
#include "base/str.h"
#include "base/time.h"

enum {
    ROTA__FREQ_YEARLY = 1,
    ROTA__FREQ_MONTHLY,
    ROTA__FREQ_WEEKLY,
    ROTA__FREQ_DAILY,
    ROTA__FREQ_HOURLY,
    ROTA__FREQ_MINUTELY,
    ROTA__FREQ_SECONDLY
};

/* The BY parts that a rule has, as bits of rota__rule.parts. */
enum {
    ROTA__BY_MONTH = 1,
    ROTA__BY_WEEK = 2,
    ROTA__BY_YEAR_DAY = 4,
    ROTA__BY_MONTH_DAY = 8,
    ROTA__BY_DAY = 16,
    ROTA__BY_HOUR = 32,
    ROTA__BY_MINUTE = 64,
    ROTA__BY_SECOND = 128,
    ROTA__BY_POSITION = 256
};

/* How UNTIL is meant: compared with instants, or with the wall clock. */
enum { ROTA__UNTIL_NONE = 0, ROTA__UNTIL_INSTANT, ROTA__UNTIL_LOCAL, ROTA__UNTIL_DATE };

/* Intervals and counts have up to 15 digits: far beyond the seconds of 9999 years,
 * and a number of hours still fits into seconds. */
#define ROTA__RULE_MOST INT64_C(999999999999999)

/* A plain value, which may be copied. Lists are bitmaps: bit n is the number n, and
 * in those called back it is -n. So they are sorted, and nothing is there twice. */
typedef struct rota__rule {
    int32_t freq;
    int32_t until_kind;
    uint32_t parts;
    uint32_t week_start; /* 0 is Monday, here and below */
    int64_t interval;    /* from 1 */
    int64_t count;       /* 0: none */
    int64_t until;       /* inclusive; of a DATE its last second */
    uint32_t months;
    uint32_t month_days, month_days_back;
    uint32_t weekdays; /* every one in the period; those with a number are in nth */
    uint64_t weeks, weeks_back;
    uint64_t year_days[6], year_days_back[6];
    uint64_t nth[7], nth_back[7]; /* of each weekday: the nth in the month or year */
    uint64_t seconds, minutes;    /* second 60 may be there, and never comes */
    uint32_t hours;
    uint32_t nth_days; /* the weekdays of which nth or nth_back has any */
    uint64_t positions[6], positions_back[6];
} rota__rule;

static inline bool rota__rule_bit(const uint64_t *words, int64_t n)
{
    return words[n / 64] >> (n % 64) & 1;
}

static inline void rota__rule_set(uint64_t *words, int64_t n)
{
    words[n / 64] |= (uint64_t)1 << (n % 64);
}

/* "FREQ=WEEKLY;BYDAY=MO": without "RRULE:", in either case, parts in any order. length
 * -1: up to the NUL. ROTA_OK; ROTA_EINVALID with a message that names the part and its
 * value; ROTA_ELIMIT where it is too long. out is untouched on error. */
int rota__rule_read(const char *text, int64_t length, rota__error *error, rota__rule *out);

/* The one way to write it: capitals, a fixed order of parts, lists ascending with
 * what counts from the end behind, and nothing that is the default. */
void rota__rule_write(const rota__rule *rule, rota__str *out);

/* Whether a rule ends by COUNT or UNTIL. Others may, as all do in the year 9999, but
 * do not say so. */
static inline bool rota__rule_ends(const rota__rule *rule)
{
    return rule->count > 0 || rule->until_kind != ROTA__UNTIL_NONE;
}

#endif
