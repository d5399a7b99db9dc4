/* Between the files of the search for free time: free_query.c, which knows what is asked and
 * who is in it; free_blocked.c and free_quarters.c, at which starts each of these cannot be taken;
 * free.c, which walks the others; and free_explain.c, which says why one is none. */
#ifndef ROTA__FREE_PRIVATE_H
#define ROTA__FREE_PRIVATE_H

#include "domain/free.h"

/* A resource that could be taken, and the starts at which it cannot. */
typedef struct rota__offer {
    rota__claim claim;
    const char *name;
    int32_t capacity;
    int64_t resource; /* a number of its own, whichever pools it is in */
    double load;
    bool open;        /* as the gate says of the start to be explained */
    bool by_quarters; /* the search's quarters say all there is to say of it; of `all` only */
    bool known;       /* the next is; of a pool's it is not before somebody asks */
    rota__spans blocked;
    int64_t at;   /* the one of them that ends behind where the walk is */
    int64_t gaps; /* that it would leave there */
} rota__offer;

typedef ROTA__LIST(rota__offer) rota__offers;

typedef struct rota__pool {
    const rota_free_pool *asked;
    int32_t units;
    rota__offers offers; /* in the order that they are taken in */
    bool tried;          /* in the search for one that gives way */
} rota__pool;

/* The quarters of an hour in which any of those added is taken, who all have the same setup
 * and cleanup. */
typedef struct rota__quarters {
    bool fit; /* the search goes by quarters, as far as is known */
    int32_t before, after;
    int64_t first, count; /* rows of words, since the time 0 */
    int64_t first_map, last_map;
    int64_t length;  /* of what is looked for, in quarters */
    uint64_t *words; /* NULL: nothing was added yet */
} rota__quarters;

typedef struct rota__search {
    rota__write *w;
    const rota_free_query *query;
    rota__absent absent;
    rota_span starts; /* the first one possible, and behind the last one */
    int64_t step;
    const rota__tz *zone;
    rota_span grid; /* until its end starts are whole steps behind its start; empty at first */
    rota__offers all;
    rota__spans blocked; /* of all of them but those that the quarters know */
    int64_t at;
    rota__quarters quarters;
    rota__pool *pools;
    ROTA__LIST(int64_t) known; /* rows of the pools' resources, sorted; a place is its number */
    int64_t *holder;           /* of each of those, the pool that takes it; -1: none */
    int64_t work;
    int failed; /* in the midst of the walk */
} rota__search;

int rota__free_check(rota__context *cx, const rota_free_query *query);
/* Who is asked for, and when it could be at all. */
int rota__free_begin(rota__search *s, rota__write *w, const rota_free_query *query);

/* What is known of a search before anybody is looked at. */
void rota__free_start(rota__search *s, rota__write *w, const rota_free_query *query);

/* By name, then id. */
int rota__free_by_name(const void *left, const void *right);
void rota__free_sort(rota__offers *list, int (*compare)(const void *, const void *));

/* The starts at which so many seconds do not lie in one of the spans that are open, as far
 * as they are asked for, within a stay. */
int rota__free_close(rota__write *w, const rota__spans *open, rota_span starts, int64_t duration,
                     rota_span stay, rota__spans *out);
/* Finds the starts at which each cannot be taken, and puts pools into the order that they
 * are taken in. */
int rota__free_block(rota__search *s);
/* Those of one of a pool, unless they are known; false: see `failed`. */
bool rota__free_know(rota__search *s, rota__offer *o);

/* One more of `all` to the quarters, where it can be; *added: it needs no other look. */
int rota__quarters_add(rota__search *s, const rota__offer *o, bool *added);
/* All that a search asks for, without a pin and without an offer for each, where it is in
 * memory. *known: that is all there is to know, and each start that they let through is free. */
int rota__quarters_all(rota__search *s, bool *known);
/* The first instant, not before the start, at which it could be by the quarters: the start
 * itself where none of them is in its way. */
rota_time rota__quarters_until(const rota__search *s, rota_time start);

/* Is one of a pool free? How that is known is for who asks. */
typedef bool (*rota__free_open)(rota__search *s, rota__offer *o, rota_time start);
/* Takes what the pools need into `holder`; false: some pool has too few. */
bool rota__free_choose(rota__search *s, rota__free_open open, rota_time start);
/* What is taken then, in the order that a slot names it. */
int rota__free_claims(const rota__search *s, rota__claim **out, int64_t *count);

/* A dry run: decided on one state of the calendar, again where that has moved meanwhile. */
int rota__free_look(rota__write *w, rota__decide decide, const void *request);

#endif
