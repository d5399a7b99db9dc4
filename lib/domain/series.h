/* A series as it is kept, and its occurrences: the recurrence, which never changes; the
 * eras, in each of which occurrences are alike; and the exceptions. Written as bytes in
 * the row of its booking. Knows no resources, no gate and no store.
 *
 * The original start of an occurrence is the instant that the recurrence gives: who it
 * is. Its start is that of its era: so much later on the wall clock. */
#ifndef ROTA__SERIES_H
#define ROTA__SERIES_H

#include "base/recur.h"
#include "store/store.h"

/* From an original start on, until the next era. */
typedef struct rota__era {
    rota__local from;          /* on the wall clock; of the first era ROTA_TIME_MIN */
    bool cancelled;            /* nothing of it is there; the rest is as before */
    bool marked;               /* for who changes it; not kept */
    int64_t shift;             /* wall-clock seconds from the original start */
    int64_t length;            /* seconds; of an all-day series days */
    const rota__claim *claims; /* by resource id */
    int64_t claim_count;
} rota__era;

/* An occurrence that is no longer like its era. */
enum {
    ROTA__EXCEPT_APART = 1,  /* a booking of its own, or was cancelled as one */
    ROTA__EXCEPT_SKIPPED = 2 /* it was not free when the series was made */
};
typedef struct rota__exception {
    rota_time original;
    int32_t kind;
} rota__exception;

enum { ROTA__SERIES_EXCEPTIONS = 10000 };

typedef struct rota__series {
    const char *zone, *rule_text; /* rule_text NULL: none */
    uint64_t zone_digest;         /* of the zone data that it goes by; 0: what the system has now */
    const rota_time *rdates, *exdates; /* as given, ascending */
    int64_t rdate_count, exdate_count;
    rota__local start;
    bool all_day;
    rota_time checked_until; /* ROTA_TIME_MAX: for ever */
    rota__era *eras;         /* one at least, by `from` */
    int64_t era_count;
    rota__exception *exceptions; /* ascending */
    int64_t exception_count;

    /* Made of the above by prepare(). */
    rota__rule rule;
    rota__recur every; /* all originals */
    rota__recur set;   /* those that are like their era */
} rota__series;

/* After a change of anything above `rule`; before, the series is not to be used, and then
 * not to be copied. ROTA_EINVALID where zone or rule are none here. */
int rota__series_prepare(rota__env *env, rota__tz_cache *zones, rota__series *series);
/* What the clock shows; where a day begins, its midnight, be it that the clocks skip it. */
rota__local rota__series_shown(const rota__tz *zone, rota_time t);
/* From and to bytes; what is read borrows from them, and is prepared. ROTA_ECORRUPT where
 * they are not as they were written; ROTA_EINVALID where they are, and the zone is none
 * here. */
int rota__series_read(rota__env *env, rota__tz_cache *zones, const void *bytes, int64_t size,
                      rota__series *out);
int rota__series_write(rota__env *env, const rota__series *series, const void **bytes,
                       int64_t *size);

/* A copy of bytes for who looks at one resource alone, and that for each stretch of time anew: of
 * many claims only that of the resource (a row) is in it. NULL: no memory. */
const void *rota__series_copy_for(rota__arena *arena, int64_t resource, const void *bytes,
                                  int64_t *size);

/* Of the occurrence with this original start; NULL: it is as its era has it. */
const rota__exception *rota__series_exception(const rota__series *series, rota_time original);

/* Has no end by its rule, and its last era is there. */
bool rota__series_endless(const rota__series *series);

typedef struct rota__happening {
    rota_time original;
    rota_span when;
    int64_t era; /* number */
} rota__happening;

/* Happenings of one era that overlap a window, by original start. That is by start too,
 * but where the era is shifted and the clocks change: of what the shift takes into a gap, or
 * from the second of two readings, a later one may come first, by less than the slack. On
 * the caller's memory: 9 KiB. */
typedef struct rota__series_walk {
    const rota__series *series;
    rota_span window;
    int64_t era;
    rota_time until; /* originals */
    rota__recur_walk walk;
} rota__series_walk;

/* every: exceptions too, as their era has them. */
void rota__series_open(rota__series_walk *walk, const rota__series *series, int64_t era,
                       rota_span window, bool every);
int rota__series_next(rota__series_walk *walk, rota__happening *out); /* as rota__recur_next() */
int64_t rota__series_slack(const rota__series *series, int64_t era);  /* seconds */
#define ROTA__SERIES_SLACK_MOST (INT64_C(6) * 86400)                  /* that it can be */

/* The happening of an original start, like its era, whether or not it is an exception.
 * ROTA_ENOTFOUND where there is none; ROTA_ELIMIT. *kind: ROTA__EXCEPT_*, or 0. */
int rota__series_find(rota__env *env, const rota__series *series, rota_time original,
                      rota__happening *out, int32_t *kind);
/* Where its era has it on the wall clock: of one in a gap that is a time which no clock shows. */
int rota__series_clock(rota__env *env, const rota__series *series, const rota__happening *at,
                       rota__local *local);
/* The first one of all eras that starts at `from` or later: ROTA__RECUR_DONE where none does. */
int rota__series_first(rota__env *env, const rota__series *series, rota_time from,
                       rota__happening *out);

#endif
