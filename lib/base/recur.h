/* A recurring series as a set of instants: a start, a rule, additions and exceptions,
 * in order and from any point on.
 *
 * A rule runs on the wall clock. Each occurrence is then resolved by the zone: in a gap
 * with the offset before it, in a fold to the first. Where that gives one instant
 * twice the set has it once. COUNT counts occurrences of the rule, before exceptions. */
#ifndef ROTA__RECUR_H
#define ROTA__RECUR_H

#include "base/days.h"
#include "base/tz.h"

/* What a series is made of; what it points to stays where it is while it is walked. */
typedef struct rota__recur {
    const rota__tz *zone;
    rota__local start;        /* an occurrence only where it matches the rule */
    const rota__rule *rule;   /* NULL: the start alone */
    const rota_time *rdates;  /* ascending; may lie before the start */
    const rota_time *exdates; /* ascending; they also take rdates away */
    int64_t rdate_count, exdate_count;
    bool all_day; /* occurrences are dates, their instants midnight in the zone */
} rota__recur;

/* Where a rule with COUNT has got to: what a walk can begin with instead of the start. */
typedef struct rota__recur_mark {
    int64_t period; /* as rota__days_period(); of a FREQ below DAILY its first second */
    int64_t left;   /* occurrences from this period on; 0: no mark */
} rota__recur_mark;

enum {
    /* Steps, each of some 20 ns: periods and days looked at, jumps over what does not
     * match. A walk that needs more between two occurrences ends with ROTA_ELIMIT. */
    ROTA__RECUR_WORK = 1500000,
    ROTA__RECUR_GRANT = 2000, /* earned back by each occurrence */
    ROTA__RECUR_DONE = 1      /* beside the statuses: there are no more */
};

/* A place in the rule's wall-clock occurrences. */
typedef struct rota__recur_cursor {
    int64_t period;
    int64_t left;   /* of COUNT, from the next item on */
    int64_t before; /* the same, from the period on */
    int64_t item, items;
    int64_t empty; /* periods, or seconds below DAILY, since something was there */
    rota__days days;
    int32_t chosen_count; /* by BYSETPOS */
    int32_t chosen[732];
    bool done;
} rota__recur_cursor;

/* An occurrence, or that there is none. */
typedef struct rota__recur_head {
    bool there;
    rota__local local;
    rota_time instant;
} rota__recur_head;

/* A walk. On the caller's memory, some 9 KiB; it has nothing to be freed, and a copy is
 * a second walk. */
typedef struct rota__recur_walk {
    const rota__recur *set;
    rota__rule rule;     /* completed */
    rota_time from, to;  /* what is earlier, or not earlier than `to`, is left out */
    rota__local ceiling; /* nothing behind it is in the set or before `to` */
    rota__local floor;
    int64_t base;        /* the period of the start */
    int64_t unit, step;  /* below DAILY: seconds of a period, and from one to the next */
    int64_t cycle;       /* empty for so long, empty for ever */
    int64_t last_period; /* of year 9999 */
    int64_t work;
    int32_t hour_count, minute_count, second_count;
    int64_t times, first_time; /* of a day, or of a period below DAILY: how many, and the first */
    uint8_t hours[24], minutes[60], seconds[60];
    bool has_rule, never, steady, begun; /* steady: no period has more items than another */
    rota__recur_mark mark;
    rota__recur_cursor main, held; /* held: in a gap, while main is behind it */
    rota__local held_until;        /* the end of the gap on the clock, and the offset before it */
    int64_t held_offset;
    bool holding, blocked; /* blocked: main_head is in another gap, and waits */
    rota__recur_head main_head, held_head;
    int64_t rdate;
    rota_time last;
    bool has_last;
    rota_span sure; /* wall clock, as if UTC, that has one offset */
    int32_t sure_offset;
} rota__recur_walk;

/* Whether a rule suits the kind of start: an all-day series has no times of day, and its
 * UNTIL is a date. ROTA_OK or ROTA_EINVALID. */
int rota__recur_check(const rota__recur *set, rota__error *error);

/* Ready for the first occurrence; those that start at `to` or later are left out, and not
 * looked for. */
void rota__recur_open(rota__recur_walk *walk, const rota__recur *set, rota_time to);

/* Then the first one at or after `from` is next. No walk from the start, unless there is
 * COUNT and periods differ in what they hold: then from the mark where that is early
 * enough. Only the next step looks for it. */
void rota__recur_seek(rota__recur_walk *walk, rota_time from);

/* The next occurrence: its instant is who it is, for ever; local, the wall clock that the
 * rule gave, may be NULL. ROTA_OK, ROTA__RECUR_DONE, or ROTA_ELIMIT, where it is not known
 * whether there is another. */
int rota__recur_next(rota__recur_walk *walk, rota__local *local, rota_time *instant);

/* To be set in walk->mark of a later walk of the same set, before it seeks. */
rota__recur_mark rota__recur_mark_of(const rota__recur_walk *walk);

/* Whether the series ends by what it says; see rota__rule_ends(). */
static inline bool rota__recur_ends(const rota__recur *set)
{
    return !set->rule || rota__rule_ends(set->rule);
}

#endif
