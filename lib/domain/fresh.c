#include "domain/fresh.h"

#include "base/sort.h"
#include "domain/series.h"

enum { MOST = 1000000 }; /* more than a series may have: whatever it has can be changed */

typedef ROTA__LIST(rota__fresh) fresh_list;

static int by_occurrence(const void *left, const void *right)
{
    const rota__fresh *a = left, *b = right;
    if (a->occurrence != b->occurrence) return a->occurrence < b->occurrence ? -1 : 1;
    return (a->start > b->start) - (a->start < b->start);
}

static int walk_era(rota__context *cx, rota__series_walk *walk, rota_time from, rota_time to,
                    fresh_list *out)
{
    rota__happening at;
    while (rota__series_next(walk, &at) == ROTA_OK) {
        if (at.when.start < from || at.when.start > to) continue;
        if (out->count == MOST)
            return rota__error_set(cx->env.error, ROTA_ELIMIT,
                                   "more than %d occurrences could be reminded of now", (int)MOST);
        rota__fresh *row = ROTA__PUSH(cx->env.arena, out);
        if (!row) return rota__context_nomem(cx);
        *row = (rota__fresh){ .occurrence = at.original, .start = at.when.start };
    }
    return ROTA_OK; /* what is too far away to be found is not due */
}

/* Those that are confirmed and start in [from, to], by original start. */
static int expand(rota__context *cx, const rota__booking *booking, rota_time from, rota_time to,
                  fresh_list *out)
{
    rota__series series;
    if (!booking || !rota__status_reminds(booking->status)) return ROTA_OK;
    rota__series_walk *walk = rota__arena_room(cx->env.arena, 1, (int64_t)sizeof *walk);
    if (!walk) return rota__context_nomem(cx);
    int rc = rota__series_read(&cx->env, cx->zones, booking->series, booking->series_size, &series);
    for (int64_t i = 0; rc == ROTA_OK && i < series.era_count; i++) {
        rota__series_open(walk, &series, i, (rota_span){ from, to + 1 }, false);
        rc = walk_era(cx, walk, from, to, out);
    }
    if (rc == ROTA_OK) rota__sort(out->items, out->count, sizeof *out->items, by_occurrence);
    return rc;
}

static int add(rota__context *cx, rota__batch *batch, rota_time occurrence, rota_time start)
{
    rota__fresh *row = ROTA__PUSH(cx->env.arena, &batch->fresh);
    if (!row) return rota__context_nomem(cx);
    *row = (rota__fresh){ batch->bookings.count - 1, occurrence, start };
    return ROTA_OK;
}

/* Whose first row of its own says nothing new of when it is, it may be. */
static int note_part(rota__context *cx, rota__batch *batch, const rota__booking *before,
                     const rota__booking *after)
{
    return rota__booking_is_fresh(before, after) ? add(cx, batch, 0, after->when.start) : ROTA_OK;
}

static int note_series(rota__context *cx, rota__batch *batch, const rota__booking *before,
                       const rota__booking *after)
{
    rota__reminder_state state;
    fresh_list was = { 0 }, is = { 0 };
    int rc = cx->store->ops->reminder_state(cx->store, &cx->env, &state);
    if (rc != ROTA_OK || state.version == 0) return rc;
    rota_time from = cx->now;
    rota_time to = (state.cursor > cx->now ? state.cursor : cx->now) + state.longest;
    rc = expand(cx, after, from, to, &is);
    if (rc == ROTA_OK && is.count > 0) rc = expand(cx, before, from, to, &was);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0, k = 0; i < is.count; i++) {
        while (k < was.count && by_occurrence(&was.items[k], &is.items[i]) < 0)
            k++;
        if (k < was.count && by_occurrence(&was.items[k], &is.items[i]) == 0) continue;
        if ((rc = add(cx, batch, is.items[i].occurrence, is.items[i].start)) != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

int rota__fresh_note(rota__context *cx, rota__batch *batch, const rota__booking *before)
{
    const rota__booking *after = &batch->bookings.items[batch->bookings.count - 1];
    return after->series ? note_series(cx, batch, before, after)
                         : note_part(cx, batch, before, after);
}
