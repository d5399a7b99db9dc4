/* The gate's hours: does what is asked of a resource lie in one open span of it, and of
 * each place that it is in? Setup and cleanup may lie outside. */
#include "domain/admit_private.h"

/* A membership, or a place, that the timelines do not lead to is damage. */
static int look(rota__write *w, int64_t row, rota__timeline **out)
{
    int rc = rota__write_look(w, row, out);
    if (rc != ROTA_ENOTFOUND) return rc;
    return rota__error_set(w->cx->env.error, ROTA_ECORRUPT, "a place is not there");
}

int rota__admit_places(rota__write *w, int64_t resource, rota__places *out)
{
    out->count = 0;
    for (int depth = 0; resource && depth <= ROTA_MAX_NESTING; depth++) {
        rota__timeline *t;
        int rc = look(w, resource, &t);
        if (rc != ROTA_OK) return rc;
        if (t->resource.hours) out->items[out->count++] = t;
        resource = t->resource.parent;
    }
    return ROTA_OK;
}

static int add_breach(rota__write *w, const rota__breach *breach, rota__breaches *list)
{
    rota__breach *added = ROTA__PUSH(w->cx->env.arena, list);
    if (!added) return rota__context_nomem(w->cx);
    *added = *breach;
    return ROTA_OK;
}

int rota__breach_compare(const void *left, const void *right)
{
    const rota__breach *a = left, *b = right;
    int64_t x = a->resource->resource.row, y = b->resource->resource.row;
    int64_t more = (b->when.end - b->when.start) - (a->when.end - a->when.start);
    if (x != y) return x < y ? -1 : 1;
    if (more != 0) return more < 0 ? -1 : 1;
    return (a->when.start > b->when.start) - (a->when.start < b->when.start);
}

/* One breach of what happens once is enough for each way to a resource. */
static int check_wish(rota__write *w, const rota__wish *wish, const rota__places *places,
                      rota_span when, rota__breaches *breaches)
{
    rota_span span = rota__time_common(when, wish->within);
    for (int64_t i = 0; i < places->count && span.start < span.end; i++) {
        rota__hours_walk walk;
        rota_time until = span.start;
        int rc = rota__hours_begin(&walk, w->cx, places->items[i], true);
        if (rc == ROTA_OK) rc = rota__hours_until(&walk, span, &until);
        rota__hours_end(&walk);
        if (rc != ROTA_OK) return rc;
        if (until >= span.end) continue;
        rota__timeline *t;
        if ((rc = look(w, wish->resource, &t)) != ROTA_OK) return rc;
        rota__breach breach = {
            .resource = t, .closed = places->items[i], .level = i, .when = span
        };
        return add_breach(w, &breach, breaches);
    }
    return ROTA_OK;
}

int rota__admit_open(rota__write *w, rota_span when, const rota__wishes *list,
                     rota__breaches *breaches)
{
    rota__places places = { 0 };
    int rc = ROTA_OK;
    for (int64_t i = 0; i < list->count && rc == ROTA_OK; i++) {
        const rota__wish *wish = &list->items[i];
        bool same = i > 0 && list->items[i - 1].resource == wish->resource;
        if (!same) rc = rota__admit_places(w, wish->resource, &places);
        const int64_t told = breaches->count;
        if (rc == ROTA_OK) rc = check_wish(w, wish, &places, when, breaches);
        if (told == 0 || breaches->count == told) continue;
        rota__breach *last = &breaches->items[told - 1], *next = &breaches->items[told];
        if (last->resource != next->resource) continue;
        if (rota__breach_compare(next, last) < 0) *last = *next;
        breaches->count = told;
    }
    return rc;
}

/* --- series --- */

int rota__admit_open_each(rota__write *w, const rota__timeline *t, const rota__places *places,
                          const rota__asking *asked, int64_t count, rota__breaches *breaches)
{
    int rc = ROTA_OK;
    for (int64_t p = 0; p < places->count && rc == ROTA_OK; p++) {
        rota__hours_walk walk;
        rc = rota__hours_begin(&walk, w->cx, places->items[p], false);
        for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
            rota_time until;
            rota__breach breach = { .resource = t,
                                    .closed = places->items[p],
                                    .level = p,
                                    .when = asked[i].when,
                                    .recurs = true,
                                    .original = asked[i].original };
            rc = rota__hours_until(&walk, asked[i].when, &until);
            if (rc == ROTA_OK && until < asked[i].when.end) rc = add_breach(w, &breach, breaches);
        }
        rota__hours_end(&walk);
    }
    return rc;
}
