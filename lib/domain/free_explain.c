#include "domain/free_private.h"

#include <inttypes.h>

#include "base/sort.h"
#include "domain/request.h"
#include "domain/resolve.h"

typedef rota__offer offer;
typedef rota__pool pool;
typedef rota__search search;

typedef struct explain {
    const rota_free_query *query;
    rota_time start;
} explain;

/* What the gate finds. */
typedef struct against {
    rota__clashes clashes;
    rota__breaches breaches;
} against;

/* By the gate alone: what the walk thinks does not matter here. */
static bool is_open_by_gate(search *s, offer *o, rota_time start)
{
    (void)s;
    (void)start;
    return o->open;
}

static int add_against(rota__context *cx, against *all, const against *more)
{
    for (int64_t i = 0; i < more->clashes.count; i++) {
        rota__clash *added = ROTA__PUSH(cx->env.arena, &all->clashes);
        if (!added) return rota__context_nomem(cx);
        *added = more->clashes.items[i];
    }
    for (int64_t i = 0; i < more->breaches.count; i++) {
        rota__breach *added = ROTA__PUSH(cx->env.arena, &all->breaches);
        if (!added) return rota__context_nomem(cx);
        *added = more->breaches.items[i];
    }
    return ROTA_OK;
}

/* The gate tells nothing twice: each is asked with nothing told of another, who may be a
 * group that he belongs to. */
static int ask_pool(search *s, pool *p, rota_span when, against *all, int64_t *open)
{
    int rc = ROTA_OK;
    *open = 0;
    for (int64_t i = 0; i < p->offers.count && rc == ROTA_OK; i++) {
        offer *o = &p->offers.items[i];
        against own = { 0 };
        rc = rota__admit_claims(s->w, when, &o->claim, 1, &s->absent, NULL, &own.clashes,
                                &own.breaches);
        o->open = own.clashes.count + own.breaches.count == 0;
        *open += o->open;
        if (rc == ROTA_OK) rc = add_against(s->w->cx, all, &own);
    }
    return rc;
}

static int by_told(const void *left, const void *right)
{
    const rota__clash *a = left, *b = right;
    int64_t x = a->resource->resource.row, y = b->resource->resource.row;
    if (x != y) return x < y ? -1 : 1;
    if (a->booking != b->booking) return a->booking < b->booking ? -1 : 1;
    if (a->original != b->original) return a->original < b->original ? -1 : 1;
    return (a->overlap.start > b->overlap.start) - (a->overlap.start < b->overlap.start);
}

/* What stands in the way of several is one reason. */
static void tell_once(against *all)
{
    rota__clash *clashes = all->clashes.items;
    rota__breach *breaches = all->breaches.items;
    int64_t kept = 0;
    rota__sort(clashes, all->clashes.count, sizeof *clashes, by_told);
    for (int64_t i = 0; i < all->clashes.count; i++) {
        const rota__clash *last = kept ? &clashes[kept - 1] : NULL;
        bool same = last && last->resource == clashes[i].resource &&
                    last->booking == clashes[i].booking && last->original == clashes[i].original;
        if (!same) clashes[kept++] = clashes[i];
    }
    all->clashes.count = kept;
    kept = 0;
    rota__sort(breaches, all->breaches.count, sizeof *breaches, rota__breach_compare);
    for (int64_t i = 0; i < all->breaches.count; i++)
        if (kept == 0 || breaches[kept - 1].resource != breaches[i].resource)
            breaches[kept++] = breaches[i];
    all->breaches.count = kept;
}

static void forget(against *all, const against *since)
{
    all->clashes.count = since->clashes.count;
    all->breaches.count = since->breaches.count;
}

/* What is against members of pools that have enough is nobody's concern, unless the pools
 * together have too few. */
static int explain_pools(search *s, rota_span when, against *all, int64_t *lacking)
{
    const against before = *all;
    int64_t open;
    int rc = ROTA_OK;
    *lacking = -1;
    for (int64_t p = 0; p < s->query->pool_count && rc == ROTA_OK; p++) {
        const against own = *all;
        rc = ask_pool(s, &s->pools[p], when, all, &open);
        if (open >= s->pools[p].asked->count)
            forget(all, &own);
        else if (*lacking < 0)
            *lacking = p;
    }
    if (rc != ROTA_OK || *lacking >= 0 || rota__free_choose(s, is_open_by_gate, when.start))
        return rc;
    forget(all, &before);
    *lacking = s->query->pool_count;
    for (int64_t p = 0; p < s->query->pool_count && rc == ROTA_OK; p++)
        rc = ask_pool(s, &s->pools[p], when, all, &open);
    return rc;
}

static int say_lacking(const search *s, int64_t lacking)
{
    rota__error *error = s->w->cx->env.error;
    if (lacking == s->query->pool_count)
        return rota__error_set(error, ROTA_ECONFLICT,
                               "the pools have too few resources between them");
    return rota__error_set(error, ROTA_ECONFLICT,
                           "pool %" PRId64 " has %" PRId64 " resources, and %" PRId32
                           " are asked for",
                           lacking + 1, s->pools[lacking].offers.count,
                           s->pools[lacking].asked->count);
}

/* Too early, which may not be all that is against it. */
static int tell_early(const search *s, rota_time start)
{
    const rota_time soonest = s->w->cx->now + s->query->notice;
    rota_violation row = { .size = (uint32_t)sizeof row,
                           .rule = s->query->notice ? "notice" : "past",
                           .limit = soonest,
                           .actual = start,
                           .when = { start, start + s->query->duration } };
    rota__str text;
    if (start >= soonest) return ROTA_OK;
    rota__str_init(&text, s->w->cx->report);
    rota__str_addf(&text, "the start %s lies before %s", rota__request_show(start).text,
                   rota__request_show(soonest).text);
    row.message = rota__str_done(&text);
    return row.message ? rota__write_violation(s->w, &row) : rota__context_nomem(s->w->cx);
}

static int decide_explain(rota__write *w, const void *data)
{
    const explain *e = data;
    const rota_span when = { e->start, e->start + e->query->duration };
    against all = { 0 };
    rota__claim *claims;
    search s;
    int64_t count, lacking = -1;
    int rc = rota__free_begin(&s, w, e->query);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < s.known.count; i++)
        s.holder[i] = -1;
    if ((rc = tell_early(&s, e->start)) != ROTA_OK ||
        (rc = rota__free_claims(&s, &claims, &count)) != ROTA_OK ||
        (rc = rota__admit_claims(w, when, claims, count, &s.absent, NULL, &all.clashes,
                                 &all.breaches)) != ROTA_OK ||
        (rc = explain_pools(&s, when, &all, &lacking)) != ROTA_OK)
        return rc;
    tell_once(&all);
    if (lacking >= 0 && all.clashes.count + all.breaches.count == 0)
        return say_lacking(&s, lacking);
    if (w->answer.violations.count + all.clashes.count + all.breaches.count == 0) return ROTA_OK;
    return rota__resolve_tell(w, &all.clashes, &all.breaches);
}

int rota__free_explain(rota__write *w, const rota_free_query *query, rota_time start)
{
    const explain e = { .query = query, .start = start };
    int rc = rota__free_check(w->cx, query);
    if (rc != ROTA_OK) return rc;
    if (start < query->window.start || start > query->window.end - query->duration)
        return rota__error_set(w->cx->env.error, ROTA_EINVALID,
                               "a slot from %s does not lie in the window",
                               rota__request_show(start).text);
    return rota__free_look(w, decide_explain, &e);
}
