/* What a domain function gets: store, index, clock, ids, the call, the error;
 * never the public handle. */
#ifndef ROTA__CONTEXT_H
#define ROTA__CONTEXT_H

#include "base/error.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/tz.h"
#include "store/store.h"

typedef struct rota__busy rota__busy;

typedef struct rota__counters {
    int64_t commits, conflicts, replays, retries, loads;
} rota__counters;

typedef struct rota__context {
    rota__store *store;
    rota__busy *busy;
    rota__id_source *ids;
    rota__tz_cache *zones;
    rota__counters *counters;
    rota__env env;       /* what lives until the call ends, and what it ends with */
    rota__arena *report; /* what the host may ask for afterwards */
    rota_time now;       /* read once, so that one call sees one instant */
    int32_t on_conflict; /* where a request leaves it open */
    int32_t (*ask)(void *ctx, const rota_conflict *conflict); /* or NULL */
    void *ask_ctx;
} rota__context;

/* Out of memory, in the one way it is said. */
static inline int rota__context_nomem(rota__context *cx)
{
    return rota__error_plain(cx->env.error, ROTA_ENOMEM);
}

#endif
