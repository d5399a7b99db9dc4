/* A commit is followed: what it changed is changed in memory, or forgotten. */
#include "domain/busy_private.h"

#include "domain/series.h"

/* One that was read after the commit has it in it; one that missed another commit
 * cannot be followed. */
static void follow_guard(rota__busy *busy, const rota__guard *guard, bool series)
{
    const rota__timeline *there = rota__busy_find(busy, guard->resource);
    if (!there || there->resource.stamp > guard->stamp) return;
    if (there->resource.stamp < guard->stamp) {
        rota__busy_forget(busy, guard->resource);
        return;
    }
    rota__timeline *t = rota__busy_own(busy, guard->resource);
    if (!t) return;
    rota__busy_drop_maps(busy, t);
    t->resource.stamp++;
    t->followed = busy->batches;
    atomic_store(&t->listed, false); /* pages are for what is asked more often than changed */
    if (series) rota__busy_drop_pages(busy, t);
}

/* --- series, as they come, change and go --- */

enum { MOST_CHANGES = 1024, MOST_WASTE = 1 << 20 };

static int64_t recurring_at(const rota__timeline *t, int64_t booking)
{
    int64_t low = 0, high = t->recurring_count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (t->recurring[middle].taken.booking < booking)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_series(rota__timeline *t, int64_t booking)
{
    int64_t at = recurring_at(t, booking);
    if (at == t->recurring_count || t->recurring[at].taken.booking != booking) return;
    t->waste += t->recurring[at].series_size;
    t->recurring_count--;
    memmove(&t->recurring[at], &t->recurring[at + 1],
            (size_t)(t->recurring_count - at) * sizeof *t->recurring);
}

static bool room_for_series(rota__timeline *t)
{
    enum { FIRST = 8 };
    int64_t size = (int64_t)sizeof *t->recurring, room = 2 * t->recurring_room + FIRST;
    if (t->recurring_count < t->recurring_room) return true;
    rota__recurring *more = rota__arena_grow(&t->arena, t->recurring, t->recurring_room * size,
                                             room * size);
    if (!more) return false;
    if (more != t->recurring) t->waste += t->recurring_room * size;
    t->recurring = more;
    t->recurring_room = room;
    return true;
}

static bool put_series(rota__timeline *t, const rota__booking *booking, const rota__claim *claim)
{
    rota__recurring added = rota__busy_recurring(booking, claim);
    added.series = rota__series_copy_for(&t->arena, claim->resource, added.series,
                                         &added.series_size);
    if (!added.series || !room_for_series(t)) return false;
    rota__recurring *more = t->recurring;
    int64_t at = recurring_at(t, added.taken.booking);
    memmove(&more[at + 1], &more[at], (size_t)(t->recurring_count - at) * sizeof *more);
    more[at] = added;
    t->recurring_count++;
    return true;
}

/* Blocks stay, and take over what has changed when they are looked at. */
static bool follow_series(rota__busy *busy, rota__timeline *t, const rota__booking *booking,
                          const rota__claim *claim, bool put)
{
    int64_t *change = ROTA__PUSH(&t->arena, &t->changes);
    rota__busy_drop_pages(busy, t);
    if (!change || t->changes.count > MOST_CHANGES || t->waste > MOST_WASTE) return false;
    *change = booking->row;
    if (!rota__claim_blocks(claim) || !rota__status_occupies(booking->status)) return true;
    if (put) return put_series(t, booking, claim);
    take_series(t, booking->row);
    return true;
}

/* Take a booking's claims out of, or put them into, the timelines that follow. A
 * tree that cannot is dropped with its timeline. */
static void follow(rota__busy *busy, const rota__booking *booking, bool put)
{
    if (booking->row == 0) return;
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        rota__timeline *t = rota__busy_find(busy, claim->resource);
        if (!t || t->followed != busy->batches) continue;
        if (booking->series) {
            if (!follow_series(busy, t, booking, claim, put))
                rota__busy_forget(busy, claim->resource);
            continue;
        }
        rota__busy_drop_page(busy, t, rota__page_of(booking->when));
        if (!rota__claim_blocks(claim) || !rota__status_occupies(booking->status)) continue;
        bool followed;
        if (put) {
            rota__interval interval = rota__busy_interval(booking, claim);
            followed = rota__itree_insert(&t->tree, &interval) == ROTA_OK;
        } else {
            followed = rota__itree_remove(&t->tree, booking->when, booking->row);
        }
        if (!followed) rota__busy_forget(busy, claim->resource);
    }
}

void rota__busy_follow_begin(rota__busy *busy)
{
    rota__share_change(&busy->share);
}

void rota__busy_follow(rota__busy *busy, const rota__batch *batch, const rota__booking *before)
{
    bool series =
        false; /* its occurrences may be on the pages of resources that it does not claim */
    busy->batches++;
    for (int64_t i = 0; i < batch->bookings.count; i++)
        series |= batch->bookings.items[i].series != NULL;
    for (int64_t i = 0; i < batch->guards.count; i++)
        if (batch->guards.items[i].bump) follow_guard(busy, &batch->guards.items[i], series);
    for (int64_t i = 0; i < batch->resources.count; i++)
        rota__busy_forget(busy, batch->resources.items[i].row);
    for (int64_t i = 0; i < batch->members_put.count; i++) {
        rota__busy_forget(busy, batch->members_put.items[i].group);
        rota__busy_forget(busy, batch->members_put.items[i].member);
    }
    for (int64_t i = 0; i < batch->members_dropped.count; i++) {
        rota__busy_forget(busy, batch->members_dropped.items[i].group);
        rota__busy_forget(busy, batch->members_dropped.items[i].member);
    }
    for (int64_t i = 0; i < batch->bookings.count; i++)
        follow(busy, &before[i], false);
    for (int64_t i = 0; i < batch->bookings.count; i++)
        follow(busy, &batch->bookings.items[i], true);
}

void rota__busy_follow_end(rota__busy *busy)
{
    rota__share_changed(&busy->share);
}
