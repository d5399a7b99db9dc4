#include "domain/place.h"

#include "domain/free.h"
#include "domain/opening.h"

enum { DAY = 86400, FIRST_STRETCH = 28 * DAY };

/* In which it may lie by the days and the clock, as if it were the hours of something. */
static int expand(rota__write *w, const rota__placement *p, rota_span window, rota__spans *out)
{
    const rota__hours_rule rule = { .kind = ROTA_HOURS_WEEKLY,
                                    .days = p->days,
                                    .from = ROTA__HOURS_FIRST,
                                    .to = ROTA__HOURS_LAST,
                                    .start = p->start,
                                    .end = p->end };
    const rota__hours hours = { .rules = &rule, .count = 1, .regular = true };
    const rota__tz *zone;
    if (p->days == ROTA__EVERY_DAY && p->end - p->start == DAY)
        return rota__spans_push(w->cx->env.arena, out, window) ? ROTA_OK
                                                               : rota__context_nomem(w->cx);
    int rc = rota__tz_get(w->cx->zones, p->zone, w->cx->env.error, &zone);
    return rc == ROTA_OK ? rota__hours_expand(&w->cx->env, &hours, zone, window, out) : rc;
}

/* The first start of those within a stretch; it may end behind it. */
static int look(rota__write *w, const rota__placement *p, rota_free_query *query,
                const rota__absent *absent, rota_span stretch, rota__free_hit *hit)
{
    const rota_span window = { stretch.start, stretch.end - 1 + query->duration };
    rota__spans allowed = { 0 };
    query->window = rota__time_common(window, p->window);
    int rc = expand(w, p, query->window, &allowed);
    return rc == ROTA_OK ? rota__free_first(w, query, &allowed, absent, hit) : rc;
}

/* A window of years is not read as a whole where the first weeks of it have a place. */
static int search(rota__write *w, const rota__placement *p, const rota__claim *claims,
                  int64_t claim_count, int64_t length, bool taken, const rota__absent *absent,
                  rota_span *when)
{
    rota__context *cx = w->cx;
    rota__free_hit hit = { 0 };
    int rc = ROTA_OK;
    rota_claim *all = rota__arena_alloc(cx->env.arena, claim_count, (int64_t)sizeof *all);
    if (!all) return rota__context_nomem(cx);
    for (int64_t i = 0; i < claim_count; i++)
        all[i] = (rota_claim){ .resource = claims[i].resource_id,
                               .units = claims[i].units,
                               .role = taken ? claims[i].role : ROTA_ROLE_OPTIONAL,
                               .flags = claims[i].flags };
    rota_free_query query = { .all = all,
                              .all_count = claim_count,
                              .duration = length,
                              .step = p->step,
                              .limit = 1,
                              .zone = p->zone };
    rota_time from = p->window.start > cx->now ? p->window.start : cx->now;
    for (int64_t reach = FIRST_STRETCH; rc == ROTA_OK && !hit.there && from < p->window.end;
         reach *= 2) {
        rc = look(w, p, &query, absent, (rota_span){ from, from + reach }, &hit);
        from += reach;
    }
    *when = hit.there ? (rota_span){ hit.start, hit.start + length } : (rota_span){ 0, 0 };
    return rc;
}

int rota__place_find(rota__write *w, const rota__placement *placement, const rota__claim *claims,
                     int64_t claim_count, int64_t length, const rota__absent *absent,
                     rota_span *when)
{
    return search(w, placement, claims, claim_count, length, true, absent, when);
}

int rota__place_first(rota__write *w, const rota__placement *placement, const rota__claim *claims,
                      int64_t claim_count, int64_t length, rota_span *when)
{
    return search(w, placement, claims, claim_count, length, false, NULL, when);
}
