/* What a handle has done and how long it took. Counted by whoever does it, read by
 * anybody at any time. */
#ifndef ROTA__METER_H
#define ROTA__METER_H

#include <stdatomic.h>

#include "base/check.h"
#include "base/clock.h"

typedef _Atomic int64_t rota__count;

typedef struct rota__timing {
    rota__count count, sum_ns, buckets[ROTA_HISTOGRAM_BUCKETS];
} rota__timing;

typedef struct rota__meter {
    rota__count created, cancelled, commits, flushes, conflicts, refusals, failures, replays,
        retries, checks, hits, reminders, reminded;
    rota__timing create, check, list, commit, flush;
    struct rota__meter *next; /* of the engine's */
} rota__meter;

static inline void rota__meter_add(rota__count *count, int64_t n)
{
    atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static inline int64_t rota__meter_get(const rota__count *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

/* It began at `since`, of rota__clock_ns(), and ends now. */
void rota__meter_time(rota__timing *timing, int64_t since);
/* Adds what one meter has to the metrics. */
void rota__meter_sum(const rota__meter *meter, rota_metrics *out);
/* Adds what one meter has to another, which nobody else uses. */
void rota__meter_keep(rota__meter *to, const rota__meter *from);

#endif
