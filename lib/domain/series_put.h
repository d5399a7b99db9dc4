/* Writing series: a record as its occurrences make it, and those that become bookings of their
 * own. Whether time is free was asked before. */
#ifndef ROTA__SERIES_PUT_H
#define ROTA__SERIES_PUT_H

#include "domain/series.h"
#include "domain/write.h"

/* As rota__series_open() and rota__series_next(), with the error set. */
int rota__series_start(rota__write *w, rota__series_walk **walk);
int rota__series_step(rota__write *w, rota__series_walk *walk, rota__happening *out);

/* The first occurrence, how many there are but for those left out, -1 where there is no end,
 * and the time of all there ever were, those that are cancelled too. */
typedef struct rota__extent {
    rota__happening first;
    rota_span when;
    int64_t count;
} rota__extent;
int rota__series_measure(rota__write *w, const rota__series *series, rota__extent *out);

/* Put the series, tell the feed unless the event is 0, and answer. */
int rota__series_put(rota__write *w, int32_t event, const rota__booking *before,
                     rota__booking *after, const rota__series *series);

int rota__series_by_original(const void *left, const void *right); /* of exceptions */
/* One more exception, or another kind of it. The series has to be prepared before it is
 * used again. */
int rota__series_except(rota__write *w, rota__series *series, rota_time original, int32_t kind);

/* The occurrence as a booking: its own row, or as the series has it. Name and priority are
 * the series' in any case. ROTA_ENOTFOUND without a message. */
int rota__series_part(rota__context *cx, const rota__booking *row, const rota__series *series,
                      const rota__happening *at, int32_t kind, rota__booking *part);
/* It gets a row of its own, or that is changed, and the series has an exception more. */
int rota__series_put_part(rota__write *w, int32_t event, const rota__booking *before,
                          const rota__booking *after, const rota__booking *winner,
                          rota__series *series);

#endif
