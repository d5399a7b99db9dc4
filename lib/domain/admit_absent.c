/* What the gate takes to be elsewhere: bookings that are gone from where they are, and those
 * that arrive. */
#include "domain/admit_private.h"

#include <stdlib.h>

#include "base/sort.h"

typedef rota__wishes wishes;

static int by_gone(const void *left, const void *right)
{
    const rota__gone *a = left, *b = right;
    int order = rota__compare(a->booking, b->booking);
    return order ? order : rota__compare(a->original, b->original);
}

bool rota__admit_absent(rota__write *w, rota__absent *absent, int64_t booking, rota_time original)
{
    rota__gone *gone = ROTA__PUSH(w->cx->env.arena, absent);
    if (!gone) return false;
    *gone = (rota__gone){ .booking = booking, .original = original };
    return true;
}

bool rota__admit_absent_booking(rota__write *w, rota__absent *absent, const rota__booking *booking)
{
    bool room = true;
    if (booking->row) room = rota__admit_absent(w, absent, booking->row, ROTA__GONE_WHOLE);
    if (room && booking->part_of)
        room = rota__admit_absent(w, absent, booking->part_of, booking->occurrence);
    return room;
}

void rota__admit_sort_absent(rota__absent *absent)
{
    rota__sort(absent->items, absent->count, sizeof *absent->items, by_gone);
}

bool rota__admit_as_it_is(const rota__absent *absent)
{
    return !absent || (absent->count == 0 && absent->arrivals.count == 0);
}

bool rota__admit_is_absent(const rota__absent *absent, int64_t booking, rota_time original)
{
    rota__gone gone = { .booking = booking, .original = original };
    return absent && absent->count &&
           bsearch(&gone, absent->items, (size_t)absent->count, sizeof gone, by_gone);
}

static int add_arrival(rota__write *w, rota_span when, rota_time original, const wishes *list,
                       rota__absent *absent)
{
    rota__arrival *arrival = ROTA__PUSH(w->cx->env.arena, &absent->arrivals);
    if (!arrival) return rota__context_nomem(w->cx);
    *arrival = (rota__arrival){ .when = when, .wishes = list, .original = original };
    return ROTA_OK;
}

static wishes *new_wishes(rota__write *w)
{
    return rota__arena_alloc(w->cx->env.arena, 1, (int64_t)sizeof(wishes));
}

int rota__admit_arrive(rota__write *w, const rota__booking *booking, rota__absent *absent)
{
    wishes *list = new_wishes(w);
    if (!list) return rota__context_nomem(w->cx);
    int rc = rota__admit_wishes(w, booking->when, booking->claims, booking->claim_count, list);
    return rc == ROTA_OK ? add_arrival(w, booking->when, booking->occurrence, list, absent) : rc;
}

/* What starts or ends further away than this meets nothing of it, setup and cleanup
 * included. */
static int reach_of(rota__write *w, const wishes *list, int64_t *reach)
{
    *reach = 0;
    for (int64_t i = 0; i < list->count; i++) {
        rota__timeline *t;
        int rc = rota__write_look(w, list->items[i].resource, &t);
        if (rc != ROTA_OK) return rc;
        int64_t own = t->resource.before + t->resource.after;
        if (own > *reach) *reach = own;
    }
    return ROTA_OK;
}

static int arrive_era(rota__write *w, const rota__series *series, int64_t era, rota_span near,
                      rota__series_walk *at_hand, rota__absent *absent)
{
    const rota__era *as = &series->eras[era];
    rota__happening at;
    wishes *list = new_wishes(w);
    if (!list) return rota__context_nomem(w->cx);
    int rc = rota__admit_wishes(w, rota__unbounded, as->claims, as->claim_count, list);
    if (rc != ROTA_OK) return rc;
    rota__series_open(at_hand, series, era, near, false);
    while ((rc = rota__series_next(at_hand, &at)) == ROTA_OK)
        if ((rc = add_arrival(w, at.when, at.original, list, absent)) != ROTA_OK) return rc;
    if (rc == ROTA_ELIMIT) return rota__error_plain(w->cx->env.error, rc);
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

int rota__admit_arrive_series(rota__write *w, const rota__series *series,
                              const rota__booking *beside, rota__absent *absent)
{
    rota__series_walk *at_hand = rota__arena_room(w->cx->env.arena, 1, (int64_t)sizeof *at_hand);
    wishes mine = { 0 };
    int64_t reach = 0;
    if (!at_hand) return rota__context_nomem(w->cx);
    int rc = rota__admit_wishes(w, beside->when, beside->claims, beside->claim_count, &mine);
    if (rc == ROTA_OK) rc = reach_of(w, &mine, &reach);
    const rota_span near = { beside->when.start - reach, beside->when.end + reach };
    for (int64_t e = 0; e < series->era_count && rc == ROTA_OK; e++)
        if (!series->eras[e].cancelled) rc = arrive_era(w, series, e, near, at_hand, absent);
    return rc;
}
