/* Series and their occurrences as records: what a host reads of them. Which occurrences
 * there are is series.c's to say; who is listed, booking_list.c's. */
#ifndef ROTA__OCCURRENCE_H
#define ROTA__OCCURRENCE_H

#include "domain/context.h"
#include "domain/page.h"
#include "domain/series.h"

typedef ROTA__LIST(rota_booking) rota__records;

/* Series that occurrences with rows of their own belong to, each read once. */
typedef ROTA__LIST(rota__booking) rota__families;

/* A stored booking as it is shown: of a series the whole of it, of an occurrence what it
 * has of its series too. The status is the stored one; the phase 0, but of a series. */
int rota__occurrence_show(rota__context *cx, const rota__booking *row, rota_booking *out);
/* The same of many, in the order of the rows; none of them recurs. */
int rota__occurrence_show_all(rota__context *cx, rota__env *env, rota__families *families,
                              const rota__booking *rows, int64_t count, rota__records *out);

/* One occurrence, whatever became of it. ROTA_ENOTFOUND with a message. */
int rota__occurrence_get(rota__context *cx, const rota_id *id, rota_time original,
                         rota_booking *out);

/* Which occurrences of series are wanted: those that overlap the window, claim one of the
 * sources while they overlap its span, and have no row of their own. */
typedef struct rota__occurrence_query {
    rota_span window;
    const rota__source *sources; /* count 0: all */
    int64_t source_count;
    uint32_t statuses;         /* bits, as the clock sees them */
    const rota_booking *after; /* only behind it, as rota__page_compare() says; NULL: all */
    int64_t limit;             /* at least the first so many are among them; 0: all */
    int64_t most;              /* more rows than that: ROTA_ELIMIT */
} rota__occurrence_query;

/* Adds the occurrences of these series, in no certain order, to `out`. What is in it
 * already counts for the limit. */
int rota__occurrence_expand(rota__context *cx, rota__env *env, const rota__occurrence_query *query,
                            const rota__booking *series, int64_t count, rota__records *out);

/* The longest that an occurrence of it is, in seconds. */
int rota__occurrence_longest(rota__context *cx, rota__env *env, const rota__booking *series,
                             int64_t *seconds);

#endif
