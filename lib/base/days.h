/* The days of a rule, one period at a time: a year, a month, a week, or a day. Knows
 * the calendar parts of a rule and nothing of clocks, zones, COUNT or UNTIL. */
#ifndef ROTA__DAYS_H
#define ROTA__DAYS_H

#include "base/rule.h"

enum {
    ROTA__DAYS_MOST = 371,     /* a year of 53 weeks */
    ROTA__DAYS_CYCLE = 146097, /* 400 years, after which the calendar repeats */
    ROTA__DAYS_LAST = 2932896  /* 9999-12-31, since 1970-01-01 as everywhere here */
};

/* The days of a period, ascending. */
typedef struct rota__days {
    int64_t first; /* what the numbers below are added to */
    int32_t count;
    int16_t day[ROTA__DAYS_MOST + 1];
} rota__days;

/* Monday is 0. */
static inline int rota__days_weekday(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7);
}

/* Writes what a rule leaves to the start of its series into the rule: the weekday of a
 * weekly rule, the time of day of a daily one. */
void rota__days_complete(rota__rule *rule, rota__local start);

/* The number of the period that a day is in: its year (where the rule has BYWEEKNO,
 * the year its week belongs to), months since the year 0, weeks by WKST since 1970,
 * or the day itself. FREQ is DAILY or coarser. */
int64_t rota__days_period(const rota__rule *rule, int64_t day);

/* After so many periods the calendar repeats. */
int64_t rota__days_cycle(const rota__rule *rule);

/* The days of a completed rule in a period; a few of the last one may lie behind
 * ROTA__DAYS_LAST. */
void rota__days_fill(const rota__rule *rule, int64_t period, rota__days *out);
/* The same, from those of another period, where all periods have the same: a week is as
 * the one before it. False: they are to be filled. */
bool rota__days_move(const rota__rule *rule, int64_t period, rota__days *days);

/* Whether a day is none that the BY parts keep out, for a FREQ of DAILY or finer. */
bool rota__days_match(const rota__rule *rule, int64_t day);
#define ROTA__DAYS_NEVER INT64_MAX
/* The first such day from this one on, up to `last`; ROTA__DAYS_NEVER where there is none,
 * or none in a whole cycle. Adds the months, or weeks, looked at to work. */
int64_t rota__days_next(const rota__rule *rule, int64_t day, int64_t last, int64_t *work);

#endif
