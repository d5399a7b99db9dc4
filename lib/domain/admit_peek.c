/* The gate at a glance: by what is in memory alone, and without reasons. */
#include "domain/admit_private.h"

/* As gather() and sweep() would find it, of a resource that nobody takes but by its
 * own bookings: free where there is none in the way, whatever its capacity. */
static int peek_bookings(const rota__timeline *t, rota_span span, rota_time now)
{
    const rota__resource *resource = &t->resource;
    rota__busy_cursor cursor;
    rota__interval interval;
    if (resource->capacity == 1 && rota__itree_is_firm(&t->tree))
        return rota__itree_meets(&t->tree,
                                 rota__admit_widened(span, resource->before, resource->after))
                   ? ROTA__ADMIT_TAKEN
                   : ROTA__ADMIT_FREE;
    rota__busy_seek(t, rota__admit_widened(span, resource->before, resource->after), &cursor);
    while (rota__busy_next(&cursor, &interval)) {
        bool lapsed = rota__lapsed(interval.expires, now);
        if (lapsed ||
            !rota__time_overlap(rota__admit_occupied(resource, interval.span, rota__unbounded),
                                span))
            continue;
        return resource->capacity == 1 ? ROTA__ADMIT_TAKEN : ROTA__ADMIT_UNKNOWN;
    }
    return ROTA__ADMIT_FREE;
}

static int peek_series(const rota__timeline *t, rota_span span, rota_time now)
{
    const rota__resource *resource = &t->resource;
    const rota_span wide = rota__admit_widened(span, resource->before, resource->after);
    int64_t number = rota__block_of(wide.start), last = rota__block_of(wide.end - 1);
    if (last - number > 1) return ROTA__ADMIT_UNKNOWN;
    for (; number <= last; number++) {
        const rota__block *block = rota__busy_peek_block(t, number);
        if (!block) return ROTA__ADMIT_UNKNOWN;
        for (int64_t i = rota__block_seek(block, wide); i < block->count; i++) {
            const rota__use *use = &block->uses[i];
            if (use->when.start >= wide.end) break;
            bool lapsed = rota__lapsed(use->expires, now);
            if (lapsed ||
                !rota__time_overlap(rota__admit_occupied(resource, use->when, rota__unbounded),
                                    span))
                continue;
            return resource->capacity == 1 ? ROTA__ADMIT_TAKEN : ROTA__ADMIT_UNKNOWN;
        }
    }
    return ROTA__ADMIT_FREE;
}

static int peek_one(const rota__timeline *t, rota_span when, int32_t units, rota_time now)
{
    const rota_span span = rota__admit_occupied(&t->resource, when, rota__unbounded);
    if (units > t->resource.capacity) return ROTA__ADMIT_UNKNOWN;
    int answer = peek_bookings(t, span, now);
    return answer == ROTA__ADMIT_FREE && t->recurring_count > 0 ? peek_series(t, span, now)
                                                                : answer;
}

bool rota__admit_alone(const rota__timeline *t)
{
    const rota__resource *resource = &t->resource;
    return resource->capacity == 1 && resource->active && !resource->hours && !resource->parent &&
           t->group_count == 0 && t->member_count == 0 && !rota__busy_recurs(t) && !t->delta &&
           rota__itree_is_firm(&t->tree);
}

int rota__admit_glance(rota__write *w, rota_span when, const rota__claim *claim, int *answer)
{
    rota__timeline *t;
    int rc = rota__write_look(w, claim->resource, &t);
    *answer = ROTA__ADMIT_UNKNOWN;
    if (rc == ROTA_OK && rota__admit_alone(t))
        *answer = peek_one(t, when, claim->units, w->cx->now);
    return rc;
}

static int peek_own_hours(rota__context *cx, const rota__timeline *t, rota_span when)
{
    const rota__tz *zone = rota__tz_known(cx->zones, t->resource.zone);
    int64_t number = rota__block_of(when.start), last = rota__block_of(when.end - 1);
    rota_time at = when.start;
    if (!zone || last - number > 1) return ROTA__ADMIT_UNKNOWN;
    for (; number <= last; number++) {
        const rota__opening *opening = rota__busy_peek_opening(t, number, rota__tz_digest(zone));
        if (!opening) return ROTA__ADMIT_UNKNOWN;
        at = rota__opening_until(opening, at);
        if (at < (number + 1) * ROTA__BLOCK_SECONDS) break;
    }
    return at >= when.end ? ROTA__ADMIT_FREE : ROTA__ADMIT_CLOSED;
}

static int peek_hours(rota__context *cx, const rota__timeline *t, rota_span when)
{
    for (int depth = 0; t && depth <= ROTA_MAX_NESTING; depth++) {
        int answer = t->resource.hours ? peek_own_hours(cx, t, when) : ROTA__ADMIT_FREE;
        if (answer != ROTA__ADMIT_FREE || !t->resource.parent) return answer;
        t = rota__busy_peek(cx->looker, &t->resource.parent_id);
    }
    return ROTA__ADMIT_UNKNOWN;
}

int rota__admit_peek(rota__context *cx, rota_span when, const rota_claim *claims, int64_t count,
                     int *answer)
{
    bool taken = false, closed = false;
    int64_t i = 0;
    int rc = rota__busy_peek_begin(cx->looker, &cx->env);
    if (rc != ROTA_OK) return rc;
    for (; i < count; i++) {
        const rota__timeline *t = rota__busy_peek(cx->looker, &claims[i].resource);
        if (!t || t->resource.removed) break;
        if (claims[i].role == ROTA_ROLE_OPTIONAL || (claims[i].flags & ROTA_CLAIM_FREE)) continue;
        if (!t->resource.active || t->group_count > 0 || t->member_count > 0) break;
        int one = peek_one(t, when, claims[i].units, cx->now);
        if (one == ROTA__ADMIT_UNKNOWN) break;
        taken |= one == ROTA__ADMIT_TAKEN;
        if (!t->resource.hours && !t->resource.parent) continue;
        int open = peek_hours(cx, t, when);
        if (open == ROTA__ADMIT_UNKNOWN) break;
        closed |= open == ROTA__ADMIT_CLOSED;
    }
    rota__busy_peek_end(cx->looker);
    *answer = i < count ? ROTA__ADMIT_UNKNOWN
              : taken   ? ROTA__ADMIT_TAKEN
              : closed  ? ROTA__ADMIT_CLOSED
                        : ROTA__ADMIT_FREE;
    return ROTA_OK;
}
