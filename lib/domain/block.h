/* What the series of one resource take of it in one stretch of time. A block never
 * changes and belongs to whoever keeps it: it is expanded once, and searched often, as
 * quickly in 20 years as today. */
#ifndef ROTA__BLOCK_H
#define ROTA__BLOCK_H

#include <stdatomic.h>

#include "domain/series.h"

/* 97 days: long enough to look through decades in some hundred of them, and short enough
 * that a first look costs little. */
enum { ROTA__BLOCK_SECONDS = 1 << 23 };

/* One occurrence, on the resource; setup and cleanup are not in it. */
typedef struct rota__use {
    rota_span when;
    rota_time original;
    int64_t booking; /* row of the series */
    rota_time expires;
    int32_t units;
} rota__use;

typedef struct rota__block {
    _Atomic int32_t refs;
    int64_t number; /* of the stretch: start / ROTA__BLOCK_SECONDS, rounded down */
    int64_t bytes;
    int64_t changes; /* of its timeline, that it knows of: see busy.h */
    int64_t longest; /* of the uses, in seconds */
    bool firm;       /* none of them lapses */
    int64_t count;
    rota__use *uses; /* all that overlap the stretch, by start, booking, original */
    rota__mem mem;   /* its own: it may outlive the engine */
} rota__block;

static inline int64_t rota__block_of(rota_time at)
{
    return rota__time_floor(at, ROTA__BLOCK_SECONDS);
}

/* What a block is made of. */
typedef struct rota__block_source {
    rota__tz_cache *zones;
    const rota__mem *mem;             /* where it gets its own from */
    int64_t resource;                 /* row */
    const rota__recurring *recurring; /* by booking */
    int64_t count;
} rota__block_source;

/* Adds what the series take of the resource within a window, by no certain order. */
typedef ROTA__LIST(rota__use) rota__uses;
enum { ROTA__USES_MOST = 400000 }; /* beyond them the answer is ROTA_ELIMIT */
int rota__block_expand(rota__env *env, const rota__block_source *source, rota_span window,
                       rota__uses *uses);

/* The block of that number, kept once. */
int rota__block_new(rota__env *env, const rota__block_source *source, int64_t number,
                    rota__block **out);
/* The same, where an older one is known, and which series (rows) have come, changed or gone
 * since. */
int rota__block_renew(rota__env *env, const rota__block_source *source, const rota__block *old,
                      const int64_t *changed, int64_t count, rota__block **out);
void rota__block_keep(rota__block *block);
void rota__block_drop(rota__block *block); /* NULL is allowed */

/* The first use that may overlap a span; those behind it do up to the first that starts
 * at its end or later. */
int64_t rota__block_seek(const rota__block *block, rota_span span);

#endif
