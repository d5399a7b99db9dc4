#include "domain/free_private.h"

#include <stdlib.h>

#include "domain/hours.h"
#include "domain/resource_find.h"

typedef rota__offer offer;
typedef rota__offers offers;
typedef rota__pool pool;
typedef rota__search search;

/* --- one claim: at which starts it cannot be taken --- */

static bool is_bounded(rota_span stay)
{
    return stay.start > ROTA_TIME_MIN || stay.end < ROTA_TIME_MAX;
}

/* What takes the resource takes it away from every start by which the time asked for would
 * meet it: that is so wide before the span and so wide behind it. Who belongs for a while
 * is not asked for where the time itself does not meet his stay. */
static rota_span starts_against(const rota__resource *resource, rota_span stay, rota_span full,
                                int64_t duration)
{
    rota_span against = { full.start - duration - resource->after + 1,
                          full.end + resource->before };
    if (is_bounded(stay)) {
        const rota_span met = { stay.start - duration + 1, stay.end };
        against = rota__time_common(against, met);
    }
    return against;
}

static int block(rota__write *w, const rota__wish *list, int64_t count, int32_t units,
                 rota_span starts, int64_t duration, const rota__absent *absent, rota__spans *out)
{
    rota__arena *arena = w->cx->env.arena;
    const rota_span all = { starts.start, starts.end - 1 + duration };
    rota__spans full = { 0 };
    rota__timeline *t;
    int rc = rota__write_look(w, list[0].resource, &t);
    if (rc != ROTA_OK) return rc;
    const rota__resource *resource = &t->resource;
    const rota_span window = { all.start - resource->before, all.end + resource->after };
    rc = rota__admit_full(w, resource->row, window, units, absent, &full, NULL);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        for (int64_t k = 0; k < full.count; k++) {
            rota_span part = rota__time_common(full.items[k], list[i].within);
            if (part.start >= part.end) continue;
            part = starts_against(resource, list[i].within, part, duration);
            part = rota__time_common(part, starts);
            if (part.start < part.end && !rota__spans_push(arena, out, part))
                return rota__context_nomem(w->cx);
        }
    return rc;
}

int rota__free_close(rota__write *w, const rota__spans *open, rota_span starts, int64_t duration,
                     rota_span stay, rota__spans *out)
{
    const rota_span all = { starts.start, starts.end - 1 + duration };
    rota_time until = all.start;
    for (int64_t k = 0; k <= open->count; k++) {
        const rota_span closed = { until, k < open->count ? open->items[k].start : all.end };
        const rota_span part = rota__time_common(closed, stay);
        const rota_span against = { part.start - duration + 1, part.end };
        if (k < open->count) until = open->items[k].end;
        if (part.start < part.end && !rota__spans_push(w->cx->env.arena, out, against))
            return rota__context_nomem(w->cx);
    }
    return ROTA_OK;
}

/* It is asked for only while it is open, and who belongs for a while is while he does. */
static int close_starts(rota__write *w, const rota__wish *list, int64_t count, rota_span starts,
                        int64_t duration, rota__spans *out)
{
    const rota_span all = { starts.start, starts.end - 1 + duration };
    rota__spans open = { 0 };
    int rc = rota__hours_open(w, list[0].resource, all, &open);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++)
        rc = rota__free_close(w, &open, starts, duration, list[i].within, out);
    return rc;
}

int rota__free_blocked(rota__write *w, const rota__claim *claim, rota_span starts, int64_t duration,
                       const rota__absent *absent, bool hours, rota__spans *out)
{
    const rota_span all = { starts.start, starts.end - 1 + duration };
    rota__wishes list = { 0 };
    int rc = rota__admit_wishes(w, all, claim, 1, &list);
    rota__admit_sort_wishes(&list);
    for (int64_t i = 0, end; rc == ROTA_OK && i < list.count; i = end) {
        for (end = i + 1; end < list.count && list.items[end].resource == list.items[i].resource;)
            end++;
        rc = block(w, &list.items[i], end - i, claim->units, starts, duration, absent, out);
        if (rc == ROTA_OK && hours)
            rc = close_starts(w, &list.items[i], end - i, starts, duration, out);
    }
    rota__spans_merge(out);
    return rc;
}

/* --- all that are asked for --- */

/* Whether something touches a slot is seen at the starts beside its own: of the first and the
 * last one these are none that could be listed. */
static rota_span starts_to_know(const search *s)
{
    rota_span starts = s->starts;
    if (s->query->order == ROTA_FREE_PACKED) {
        starts.start--;
        starts.end++;
    }
    return starts;
}

static int block_all(search *s)
{
    rota__context *cx = s->w->cx;
    const rota_span starts = starts_to_know(s);
    bool several = s->query->order == ROTA_FREE_PACKED;
    int rc = ROTA_OK;
    s->quarters.fit = !several && rota__admit_as_it_is(&s->absent);
    for (int64_t i = 0; i < s->all.count && rc == ROTA_OK; i++) {
        offer *o = &s->all.items[i];
        if (!rota__claim_blocks(&o->claim)) continue;
        rc = rota__quarters_add(s, o, &o->by_quarters);
        if (rc != ROTA_OK || o->by_quarters) continue;
        rc = rota__free_blocked(s->w, &o->claim, starts, s->query->duration, &s->absent, true,
                                &o->blocked);
        for (int64_t k = 0; k < o->blocked.count && rc == ROTA_OK; k++)
            if (!rota__spans_push(cx->env.arena, &s->blocked, o->blocked.items[k]))
                return rota__context_nomem(cx);
        if (!several) o->blocked.count = 0;
    }
    rota__spans_merge(&s->blocked);
    return rc;
}

/* --- pools --- */

static int by_load(const void *left, const void *right)
{
    const offer *a = left, *b = right;
    double x = a->load / a->capacity, y = b->load / b->capacity;
    if (x != y) return x < y ? -1 : 1;
    return rota__free_by_name(left, right);
}

/* Those behind the one that came last go first. */
static int rotate(search *s, offers *list)
{
    rota__context *cx = s->w->cx;
    rota__resource last;
    if (rota__id_is_none(&s->query->turn) || list->count == 0) return ROTA_OK;
    int rc = rota__resource_get(cx, &s->query->turn, &last);
    if (rc != ROTA_OK) return rc;
    const offer turn = { .name = last.name, .claim.resource_id = last.id };
    offer *turned = rota__arena_room(cx->env.arena, list->count, (int64_t)sizeof *turned);
    int64_t first = 0, kept = 0;
    if (!turned) return rota__context_nomem(cx);
    while (first < list->count && rota__free_by_name(&list->items[first], &turn) <= 0)
        first++;
    for (int64_t i = first; i < list->count; i++)
        turned[kept++] = list->items[i];
    for (int64_t i = 0; i < first; i++)
        turned[kept++] = list->items[i];
    list->items = turned;
    list->room = list->count;
    return ROTA_OK;
}

/* How much of the whole window is taken, also where no start can be any more. */
static int weigh(search *s, offer *o)
{
    rota__spans full = { 0 };
    return rota__admit_full(s->w, o->claim.resource, s->query->window, o->claim.units, &s->absent,
                            &full, &o->load);
}

bool rota__free_know(search *s, offer *o)
{
    if (o->known) return true;
    int rc = rota__free_blocked(s->w, &o->claim, starts_to_know(s), s->query->duration, &s->absent,
                                true, &o->blocked);
    o->known = rc == ROTA_OK;
    if (!o->known) s->failed = rc;
    return o->known;
}

static int block_pools(search *s)
{
    const bool least_used = s->query->order == ROTA_FREE_LEAST_USED;
    const bool packed = s->query->order == ROTA_FREE_PACKED;
    int rc = ROTA_OK;
    for (int64_t p = 0; p < s->query->pool_count && rc == ROTA_OK; p++) {
        offers *list = &s->pools[p].offers;
        for (int64_t i = 0; i < list->count && rc == ROTA_OK; i++) {
            offer *o = &list->items[i];
            if (packed && !rota__free_know(s, o)) rc = s->failed;
            if (least_used) rc = weigh(s, o);
        }
        if (rc == ROTA_OK && least_used) rota__free_sort(list, by_load);
        if (rc == ROTA_OK && s->query->order == ROTA_FREE_ROUND_ROBIN) rc = rotate(s, list);
    }
    return rc;
}

int rota__free_block(search *s)
{
    int rc = block_all(s);
    return rc == ROTA_OK ? block_pools(s) : rc;
}
