#include "domain/free_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/sort.h"
#include "domain/request.h"
#include "domain/resource_find.h"

enum { DAY = 86400, USUAL_STEP = 900 };

typedef rota__offer offer;
typedef rota__offers offers;
typedef rota__pool pool;
typedef rota__search search;

/* --- what is asked --- */

static int check_pool(rota__context *cx, const rota_free_pool *asked)
{
    int rc;
    if (asked->id_count < 0 || (asked->id_count > 0 && !asked->ids))
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "%" PRId64 " ids of a pool at no address", asked->id_count);
    if (asked->id_count > ROTA_MAX_ROWS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT,
                               "%" PRId64 " resources of a pool are more than %d", asked->id_count,
                               (int)ROTA_MAX_ROWS);
    if (asked->id_count == 0 && !asked->kind && !asked->tag && asked->capacity == 0 &&
        rota__id_is_none(&asked->parent))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "a pool of nothing in particular");
    if ((rc = rota__request_text(cx, "kind of a pool", asked->kind, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_text(cx, "tag of a pool", asked->tag, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_range(cx, "capacity of a pool", asked->capacity, 0, INT32_MAX)) !=
            ROTA_OK ||
        (rc = rota__request_range(cx, "units of a pool", asked->units, 0, INT32_MAX)) != ROTA_OK ||
        (rc = rota__request_range(cx, "count of a pool", asked->count, 1, ROTA_MAX_CLAIMS)) !=
            ROTA_OK)
        return rc;
    return rota__request_range(cx, "reserved field of a pool", asked->reserved, 0, 0);
}

static int check_counts(rota__context *cx, const rota_free_query *query)
{
    int64_t count = query->all_count;
    if (query->all_count < 0 || (query->all_count > 0 && !query->all) || query->pool_count < 0 ||
        (query->pool_count > 0 && !query->pools))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "claims or pools at no address");
    if (query->pool_count > ROTA_MAX_POOLS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "%" PRId64 " pools are more than %d",
                               query->pool_count, (int)ROTA_MAX_POOLS);
    for (int64_t i = 0; i < query->pool_count; i++) {
        int rc = check_pool(cx, &query->pools[i]);
        if (rc != ROTA_OK) return rc;
        count += query->pools[i].count;
    }
    if (count == 0) return rota__error_set(cx->env.error, ROTA_EINVALID, "a search for nothing");
    if (count <= ROTA_MAX_CLAIMS) return ROTA_OK;
    return rota__error_set(cx->env.error, ROTA_ELIMIT,
                           "%" PRId64 " resources of a slot are more than %d", count,
                           (int)ROTA_MAX_CLAIMS);
}

int rota__free_check(rota__context *cx, const rota_free_query *query)
{
    int rc;
    if ((rc = rota__request_bits(cx, "flags of a search", query->flags, 0)) != ROTA_OK ||
        (rc = rota__request_window(cx, query->window)) != ROTA_OK ||
        (rc = rota__request_range(cx, "duration", query->duration, 1, ROTA_MAX_BUFFER)) !=
            ROTA_OK ||
        (rc = rota__request_range(cx, "step", query->step, 0, DAY)) != ROTA_OK ||
        (rc = rota__request_range(cx, "notice", query->notice, 0, ROTA_MAX_WINDOW)) != ROTA_OK ||
        (rc = rota__request_range(cx, "align", query->align, ROTA_ALIGN_LOCAL,
                                  ROTA_ALIGN_WINDOW)) != ROTA_OK ||
        (rc = rota__request_range(cx, "order", query->order, ROTA_FREE_EARLIEST,
                                  ROTA_FREE_ROUND_ROBIN)) != ROTA_OK ||
        (rc = rota__request_text(cx, "zone", query->zone, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_limit(cx, query->limit)) != ROTA_OK)
        return rc;
    return check_counts(cx, query);
}

/* --- the booking that is to be moved --- */

static int set_absent(search *s)
{
    rota__context *cx = s->w->cx;
    const rota_free_query *query = s->query;
    rota__booking booking, apart;
    if (rota__id_is_none(&query->ignore)) return ROTA_OK;
    const rota__by whole = { .id = &query->ignore };
    int rc = cx->store->ops->booking_get(cx->store, &cx->env, &whole, &booking);
    if (rc == ROTA_ENOTFOUND)
        return rota__error_set(cx->env.error, rc, "the booking to ignore is not there");
    if (rc != ROTA_OK) return rc;
    bool one = query->ignore_occurrence != 0;
    rota_time original = one ? query->ignore_occurrence : ROTA__GONE_WHOLE;
    if (!rota__admit_absent(s->w, &s->absent, booking.row, original))
        return rota__context_nomem(cx);
    if (!one) return ROTA_OK;
    rota__by by = { .part_of = booking.row, .occurrence = query->ignore_occurrence };
    rc = cx->store->ops->booking_get(cx->store, &cx->env, &by, &apart);
    if (rc == ROTA_OK && !rota__admit_absent(s->w, &s->absent, apart.row, ROTA__GONE_WHOLE))
        return rota__context_nomem(cx);
    rota__admit_sort_absent(&s->absent);
    return rc == ROTA_ENOTFOUND ? ROTA_OK : rc;
}

/* --- who is in it --- */

static int add_offer(search *s, offers *list, const rota__timeline *t, const rota_claim *asked)
{
    offer *added = ROTA__PUSH(s->w->cx->env.arena, list);
    if (!added) return rota__context_nomem(s->w->cx);
    *added = (offer){ .claim = { .resource = t->resource.row,
                                 .resource_id = t->resource.id,
                                 .units = asked->units,
                                 .role = asked->role,
                                 .flags = asked->flags },
                      .name = t->resource.name,
                      .capacity = t->resource.capacity };
    return ROTA_OK;
}

static int check_twice(rota__context *cx, const offers *list)
{
    int64_t *rows = rota__arena_room(cx->env.arena, list->count, (int64_t)sizeof *rows);
    if (!rows) return rota__context_nomem(cx);
    for (int64_t i = 0; i < list->count; i++)
        rows[i] = list->items[i].claim.resource;
    rota__sort(rows, list->count, sizeof *rows, rota__by_value);
    for (int64_t i = 1; i < list->count; i++)
        if (rows[i] == rows[i - 1])
            return rota__error_set(cx->env.error, ROTA_EINVALID, "a resource is asked for twice");
    return ROTA_OK;
}

static int gather_all(search *s)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < s->query->all_count && rc == ROTA_OK; i++) {
        const rota_claim *claim = &s->query->all[i];
        rota__timeline *t;
        if ((rc = rota__request_claim(s->w->cx, claim)) == ROTA_OK &&
            (rc = rota__resource_claim(s->w, &claim->resource, &t)) == ROTA_OK)
            rc = add_offer(s, &s->all, t, claim);
    }
    return rc == ROTA_OK ? check_twice(s->w->cx, &s->all) : rc;
}

/* Is it in that place, or in one that is in it? */
static int is_within(rota__write *w, int64_t resource, int64_t place, bool *within)
{
    *within = false;
    for (int depth = 0; resource && depth <= ROTA_MAX_NESTING; depth++) {
        rota__timeline *t;
        int rc = rota__write_look(w, resource, &t);
        if (rc != ROTA_OK) return rc;
        resource = t->resource.parent;
        if (resource == place) *within = true;
        if (*within) break;
    }
    return ROTA_OK;
}

static bool is_in_all(const search *s, int64_t row)
{
    for (int64_t i = 0; i < s->all.count; i++)
        if (s->all.items[i].claim.resource == row) return true;
    return false;
}

/* One that `all` takes anyway is not there for a pool. */
static int add_member(search *s, pool *p, const rota__timeline *t)
{
    const rota_claim asked = { .units = p->units };
    bool fits = t->resource.active && t->resource.capacity >= p->asked->capacity;
    if (!fits || is_in_all(s, t->resource.row)) return ROTA_OK;
    if (p->offers.count == ROTA_MAX_ROWS)
        return rota__error_set(s->w->cx->env.error, ROTA_ELIMIT,
                               "a pool has more than %d resources", (int)ROTA_MAX_ROWS);
    return add_offer(s, &p->offers, t, &asked);
}

static int gather_named(search *s, pool *p)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < p->asked->id_count && rc == ROTA_OK; i++) {
        rota__timeline *t;
        rc = rota__resource_claim(s->w, &p->asked->ids[i], &t);
        if (rc == ROTA_OK) rc = add_member(s, p, t);
    }
    return rc == ROTA_OK ? check_twice(s->w->cx, &p->offers) : rc;
}

static int gather_kind(search *s, pool *p)
{
    rota__context *cx = s->w->cx;
    rota__resource_filter filter = { .kind = p->asked->kind, .tag = p->asked->tag };
    rota__resource *rows, place = { 0 };
    int64_t count = 0;
    int rc = ROTA_OK;
    if (!rota__id_is_none(&p->asked->parent))
        rc = rota__resource_get(cx, &p->asked->parent, &place);
    if (rc == ROTA_OK)
        rc = cx->store->ops->resource_list(cx->store, &cx->env, &filter, &rows, &count);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        rota__timeline *t;
        bool within = !place.row;
        if (rows[i].capacity < p->asked->capacity) continue;
        if (place.row) rc = is_within(s->w, rows[i].row, place.row, &within);
        if (rc != ROTA_OK || !within) continue;
        rc = rota__write_look(s->w, rows[i].row, &t);
        if (rc == ROTA_OK && !t->resource.removed) rc = add_member(s, p, t);
    }
    return rc;
}

int rota__free_by_name(const void *left, const void *right)
{
    const offer *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : rota__id_compare(&a->claim.resource_id, &b->claim.resource_id);
}

void rota__free_sort(offers *list, int (*compare)(const void *, const void *))
{
    rota__sort(list->items, list->count, sizeof *list->items, compare);
}

static int gather_pools(search *s)
{
    const int64_t count = s->query->pool_count;
    int rc = ROTA_OK;
    s->pools = rota__arena_alloc(s->w->cx->env.arena, count, (int64_t)sizeof *s->pools);
    if (!s->pools) return rota__context_nomem(s->w->cx);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        pool *p = &s->pools[i];
        p->asked = &s->query->pools[i];
        p->units = p->asked->units ? p->asked->units : 1;
        rc = p->asked->id_count > 0 ? gather_named(s, p) : gather_kind(s, p);
        rota__free_sort(&p->offers, rota__free_by_name);
    }
    return rc;
}

/* Resources of pools get numbers, by which each is taken once. */
static int number(search *s)
{
    rota__arena *arena = s->w->cx->env.arena;
    for (int64_t p = 0; p < s->query->pool_count; p++)
        for (int64_t i = 0; i < s->pools[p].offers.count; i++) {
            int64_t *row = ROTA__PUSH(arena, &s->known);
            if (!row) return rota__context_nomem(s->w->cx);
            *row = s->pools[p].offers.items[i].claim.resource;
        }
    s->known.count = rota__sort_once(s->known.items, s->known.count);
    s->holder = rota__arena_room(arena, s->known.count, (int64_t)sizeof *s->holder);
    if (!s->holder) return rota__context_nomem(s->w->cx);
    for (int64_t p = 0; p < s->query->pool_count; p++)
        for (int64_t i = 0; i < s->pools[p].offers.count; i++) {
            offer *o = &s->pools[p].offers.items[i];
            const int64_t *at = bsearch(&o->claim.resource, s->known.items, (size_t)s->known.count,
                                        sizeof *at, rota__by_value);
            o->resource = at - s->known.items;
        }
    return ROTA_OK;
}

/* --- the whole --- */

static int set_zone(search *s)
{
    rota__context *cx = s->w->cx;
    const char *name = s->query->zone;
    const offer *first = s->all.count > 0 ? s->all.items : NULL;
    rota__timeline *t;
    if (s->query->align == ROTA_ALIGN_WINDOW) return ROTA_OK;
    for (int64_t p = 0; !first && p < s->query->pool_count; p++)
        if (s->pools[p].offers.count > 0) first = s->pools[p].offers.items;
    if (!name && first) {
        int rc = rota__write_look(s->w, first->claim.resource, &t);
        if (rc != ROTA_OK) return rc;
        name = t->resource.zone;
    }
    return rota__tz_get(cx->zones, name ? name : "UTC", cx->env.error, &s->zone);
}

void rota__free_start(search *s, rota__write *w, const rota_free_query *query)
{
    rota_time soonest = w->cx->now + query->notice;
    *s = (search){ .w = w,
                   .query = query,
                   .step = query->step ? query->step : USUAL_STEP,
                   .starts = { query->window.start, query->window.end - query->duration + 1 } };
    if (s->starts.start < soonest) s->starts.start = soonest;
    w->lapsed_known = true; /* nothing is written, so nothing is ended */
}

int rota__free_begin(search *s, rota__write *w, const rota_free_query *query)
{
    int rc;
    rota__free_start(s, w, query);
    if ((rc = set_absent(s)) != ROTA_OK || (rc = gather_all(s)) != ROTA_OK ||
        (rc = gather_pools(s)) != ROTA_OK || (rc = number(s)) != ROTA_OK)
        return rc;
    return set_zone(s);
}
