#include "domain/displace.h"

#include "domain/place.h"

bool rota__displace_may(const rota__write *w, const rota__booking *booking, bool any)
{
    bool movable = booking->placement || (any && booking->kind == ROTA_KIND_BOOKING);
    bool firm = booking->status == ROTA_BOOKING_HELD || booking->status == ROTA_BOOKING_CONFIRMED;
    return movable && firm && booking->when.start > w->cx->now;
}

static int arrive(rota__write *w, rota_span when, const rota__booking *booking,
                  rota__absent *absent)
{
    rota__booking there = *booking;
    there.when = when;
    return rota__admit_arrive(w, &there, absent);
}

static int leave(rota__write *w, const rota__booking *winner, const rota__booking *const *going,
                 int64_t count, rota__absent *absent)
{
    bool room = rota__admit_absent_booking(w, absent, winner);
    for (int64_t i = 0; i < count && room; i++)
        room = rota__admit_absent_booking(w, absent, going[i]);
    if (!room) return rota__context_nomem(w->cx);
    rota__admit_sort_absent(absent);
    return ROTA_OK;
}

/* In memory of its own, since there may be many. */
static int search(rota__write *w, const rota__booking *booking, const rota__absent *absent,
                  rota_span *when)
{
    rota__aside aside;
    rota__placement placement;
    rota__write_aside(w, &aside);
    int rc = rota__placement_of(w->cx, booking, &placement);
    if (rc == ROTA_OK)
        rc = rota__place_find(w, &placement, booking->claims, booking->claim_count,
                              booking->when.end - booking->when.start, absent, when);
    rc = rota__write_back(w, &aside, rc);
    rota__arena_free(&aside.own);
    return rc;
}

/* Lapsed holds that lie where it goes end with it: the search passes them over, the gate
 * names them. */
static int place(rota__write *w, const rota__booking *booking, rota__absent *absent,
                 rota_span *when)
{
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    int rc = search(w, booking, absent, when);
    if (rc == ROTA_ESTATE) return ROTA_OK; /* something that it claims is not active any more */
    if (rc != ROTA_OK || when->start == when->end) return rc;
    rc = rota__admit_claims(w, *when, booking->claims, booking->claim_count, absent, NULL, &clashes,
                            &breaches);
    assert(rc != ROTA_OK || (clashes.count == 0 && breaches.count == 0));
    return rc == ROTA_OK ? arrive(w, *when, booking, absent) : rc;
}

int rota__displace_find(rota__write *w, const rota__booking *winner,
                        const rota__booking *const *going, int64_t count, rota_span *places,
                        const rota__booking **stuck)
{
    rota__absent absent = { 0 };
    *stuck = NULL;
    int rc = leave(w, winner, going, count, &absent);
    if (rc == ROTA_OK) rc = arrive(w, winner->when, winner, &absent);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        rc = place(w, going[i], &absent, &places[i]);
        if (rc != ROTA_OK || places[i].start < places[i].end) continue;
        *stuck = going[i];
        return ROTA_OK;
    }
    return rc;
}
