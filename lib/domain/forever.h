/* Two series that have no end: do they ever meet? The calendar and, where their tables have
 * ended, the zones repeat after 400 years, so that there is an answer for ever. */
#ifndef ROTA__FOREVER_H
#define ROTA__FOREVER_H

#include "domain/series.h"

typedef struct rota__meeting {
    bool decided; /* found, or never */
    bool found;
    rota__happening mine, other; /* where found: the first that meet */
} rota__meeting;

/* Whether a happening of one era ever takes a resource while one of the other does, at the
 * start of `within` or later, and both start before its end. A happening takes it from `before` seconds before its start until `after`
 * seconds behind its end. The first meeting is the one whose later start is the earliest; of
 * those with the same, that of the earlier of mine, and of the earlier other.
 *
 * Takes from *work, a step each of some 20 ns to 100 ns; what is not decided when nothing is
 * left, or where the next occurrence is too far to be found, is no error. ROTA_OK or
 * ROTA_ENOMEM. */
int rota__forever_meet(rota__env *env, const rota__series *mine, int64_t my_era,
                       const rota__series *other, int64_t other_era, int64_t before, int64_t after,
                       rota_span within, int64_t *work, rota__meeting *out);

/* The same of happenings of one era: whether as many as `many`, two at least, ever take it at
 * once. The first meeting is the one whose last start is the earliest: mine is the last one,
 * other the first that it meets. */
int rota__forever_meet_itself(rota__env *env, const rota__series *series, int64_t era, int64_t many,
                              int64_t before, int64_t after, rota_span within, int64_t *work,
                              rota__meeting *out);

/* Happenings of an era from `from` on, when all else has come to rest, are like those up to
 * here for ever: what is true of these, by the wall clock of some zone, is true of all.
 *
 * What one meets depends on the year it is in and the next one: whether they are leap years
 * and on which weekdays they begin, where the rule counts no intervals and nothing is longer
 * than half a year. In any sixty years there are all of these. Else all comes again after the
 * 400-year cycles of the rule. */
rota_time rota__forever_horizon(const rota__series *series, int64_t era, rota_time from);

#endif
