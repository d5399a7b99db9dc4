/* What a domain function gets: engine, store, index, clock, ids, the error; never
 * the public handle. */
#ifndef ROTA__CONTEXT_H
#define ROTA__CONTEXT_H

#include "base/error.h"
#include "base/id.h"
#include "base/mem.h"
#include "base/tz.h"
#include "domain/engine.h"
#include "store/store.h"

typedef struct rota__context {
    rota__engine *engine;
    rota__store *store; /* the handle's; in a turn the engine's */
    rota__looker *looker;
    rota__pending *pending; /* in a turn: what was written in it; else NULL */
    rota__id_source *ids;
    rota__tz_cache *zones;
    rota__meter *meter;
    rota__env env;       /* what lives until the call ends, and what it ends with */
    rota__arena *report; /* what the host may ask for afterwards */
    rota_time now;       /* read once, so that one call sees one instant */
    int32_t busy_ms;     /* how long the call may wait for others; not above zero: not at all */
    int32_t on_conflict; /* where a request leaves it open */
    int32_t (*ask)(void *ctx, const rota_conflict *conflict); /* or NULL */
    void *ask_ctx;
} rota__context;

/* What the call allocates from here on is in `own`. Returns where it did until then, for the
 * caller to set it again. */
static inline rota__arena *rota__context_scratch(rota__context *cx, rota__arena *own)
{
    rota__arena *all = cx->env.arena;
    rota__arena_init(own, all->mem);
    cx->env.arena = own;
    return all;
}

/* Out of memory, in the one way it is said. */
static inline int rota__context_nomem(rota__context *cx)
{
    return rota__error_plain(cx->env.error, ROTA_ENOMEM);
}

#endif
