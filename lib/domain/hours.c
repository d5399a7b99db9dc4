#include "domain/hours.h"

static const rota_span ever = { ROTA_TIME_MIN, ROTA_TIME_MAX };

/* A few stretches are kept with the timeline; of more than these nobody asks twice. */
enum { FEW_STRETCHES = 16 };

int rota__hours_begin(rota__hours_walk *walk, rota__context *cx, const rota__timeline *t, bool keep)
{
    *walk = (rota__hours_walk){ .cx = cx, .t = t, .keep = keep };
    return rota__tz_get(cx->zones, t->resource.zone, cx->env.error, &walk->zone);
}

void rota__hours_end(rota__hours_walk *walk)
{
    rota__opening_drop(walk->held);
    walk->held = NULL;
}

static int read_hours(rota__hours_walk *walk)
{
    const rota__resource *resource = &walk->t->resource;
    if (walk->hours.count > 0) return ROTA_OK;
    return rota__hours_read(&walk->cx->env, resource->hours, resource->hours_size, &walk->hours);
}

/* The stretch of that number is held: from memory, or made. */
static int hold(rota__hours_walk *walk, int64_t number, bool keep)
{
    rota__context *cx = walk->cx;
    rota__opening *made = NULL;
    if (walk->held && walk->held->number == number) return ROTA_OK;
    rota__hours_end(walk);
    walk->held = rota__busy_opening(cx->looker, walk->t, number, rota__tz_digest(walk->zone));
    if (walk->held) return ROTA_OK;
    int rc = read_hours(walk);
    if (rc == ROTA_OK)
        rc = rota__opening_new(&cx->env, cx->looker->mem, &walk->hours, walk->zone, number, &made);
    if (rc != ROTA_OK) return rc;
    walk->held = made;
    walk->made++;
    if (keep) rota__busy_put_opening(cx->looker, walk->t, made);
    return ROTA_OK;
}

static int64_t stretches(rota_span span)
{
    return rota__block_of(span.end - 1) - rota__block_of(span.start) + 1;
}

int rota__hours_until(rota__hours_walk *walk, rota_span span, rota_time *until)
{
    bool keep = walk->keep && stretches(span) <= FEW_STRETCHES;
    rota_time at = span.start;
    while (at < span.end) {
        int64_t number = rota__block_of(at);
        int rc = hold(walk, number, keep);
        if (rc != ROTA_OK) return rc;
        at = rota__opening_until(walk->held, at);
        if (at < (number + 1) * ROTA__BLOCK_SECONDS) break; /* else it may go on behind it */
    }
    *until = at < span.end ? at : span.end;
    return ROTA_OK;
}

int rota__hours_outlook(rota__hours_walk *walk, rota_time *settled, bool *unbroken)
{
    int rc = read_hours(walk);
    if (rc != ROTA_OK) return rc;
    *settled = rota__hours_settled(&walk->hours, walk->zone);
    *unbroken = rota__hours_unbroken(&walk->hours);
    return ROTA_OK;
}

static int open_few(rota__hours_walk *walk, rota_span window, rota__spans *out)
{
    rota__context *cx = walk->cx;
    for (int64_t i = 0; i < stretches(window); i++) {
        int rc = hold(walk, rota__block_of(window.start) + i, true);
        for (int64_t s = 0; rc == ROTA_OK && s < walk->held->spans.count; s++) {
            rota_span part = rota__time_common(walk->held->spans.items[s], window);
            if (part.start < part.end && !rota__spans_add(cx->env.arena, out, part))
                rc = rota__context_nomem(cx);
        }
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

/* What is open by the rules of one timeline. */
static int open_own(rota__context *cx, const rota__timeline *t, rota_span window, rota__spans *out)
{
    rota__hours_walk walk;
    int rc = rota__hours_begin(&walk, cx, t, true);
    if (rc == ROTA_OK && stretches(window) <= FEW_STRETCHES) {
        rc = open_few(&walk, window, out);
    } else if (rc == ROTA_OK && (rc = read_hours(&walk)) == ROTA_OK) {
        rc = rota__hours_expand(&cx->env, &walk.hours, walk.zone, window, out);
    }
    rota__hours_end(&walk);
    return rc;
}

/* What both have. */
static int narrow(rota__context *cx, const rota__spans *by, rota__spans *list)
{
    rota__spans common = { 0 };
    for (int64_t i = 0, k = 0; i < list->count && k < by->count;) {
        const rota_span a = list->items[i], b = by->items[k];
        rota_span part = rota__time_common(a, b);
        if (part.start < part.end && !rota__spans_add(cx->env.arena, &common, part))
            return rota__context_nomem(cx);
        if (a.end < b.end)
            i++;
        else
            k++;
    }
    *list = common;
    return ROTA_OK;
}

int rota__hours_open(rota__write *w, int64_t resource, rota_span window, rota__spans *out)
{
    rota__context *cx = w->cx;
    rota__spans list = { 0 };
    window = rota__time_common(window, ever);
    *out = list;
    if (window.start >= window.end) return ROTA_OK;
    if (!rota__spans_add(cx->env.arena, &list, window)) return rota__context_nomem(cx);
    for (int depth = 0; resource && depth <= ROTA_MAX_NESTING; depth++) {
        rota__timeline *t;
        int rc = rota__write_look(w, resource, &t);
        rota__spans by = { 0 };
        if (rc == ROTA_OK && t->resource.hours && (rc = open_own(cx, t, window, &by)) == ROTA_OK)
            rc = narrow(cx, &by, &list);
        if (rc != ROTA_OK) return rc;
        resource = t->resource.parent;
    }
    *out = list;
    return ROTA_OK;
}
