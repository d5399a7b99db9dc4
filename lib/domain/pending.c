#include "domain/pending.h"

#include "domain/series.h"

enum { FIRST_ROOM = 64 };

struct rota__pending_entry {
    int64_t row, stamp;   /* as written */
    rota__timeline *base; /* kept; NULL: not known, and read in the turn when it is looked at */
    rota__timeline view;  /* the base with what is written: it borrows everything */
    rota__delta delta;
};

typedef rota__pending_entry entry;

void rota__pending_init(rota__pending *pending, rota__busy *busy, rota__mem *mem)
{
    memset(pending, 0, sizeof *pending);
    pending->busy = busy;
    rota__arena_init(&pending->arena, mem);
}

void rota__pending_clear(rota__pending *pending)
{
    for (int64_t i = 0; i < pending->room && pending->count > 0; i++) {
        entry *e = pending->slots[i];
        if (!e) continue;
        if (e->base) rota__busy_drop(pending->busy, e->base);
        pending->count--;
    }
    pending->slots = NULL;
    pending->room = 0;
    rota__arena_reset(&pending->arena);
}

void rota__pending_free(rota__pending *pending)
{
    rota__pending_clear(pending);
    rota__arena_free(&pending->arena);
}

/* --- a hash table by row --- */

static entry **slot_of(entry **slots, int64_t room, int64_t row)
{
    uint64_t mask = (uint64_t)(room - 1), at = (uint64_t)row & mask;
    while (slots[at] && slots[at]->row != row)
        at = (at + 1) & mask;
    return &slots[at];
}

static entry *find(const rota__pending *pending, int64_t row)
{
    return pending->count > 0 ? *slot_of(pending->slots, pending->room, row) : NULL;
}

static entry *add(rota__pending *pending, int64_t row)
{
    if (2 * pending->count >= pending->room) {
        int64_t room = pending->room ? pending->room * 2 : FIRST_ROOM;
        entry **slots = rota__arena_alloc(&pending->arena, room, (int64_t)sizeof(*slots));
        if (!slots) return NULL;
        for (int64_t i = 0; i < pending->room; i++)
            if (pending->slots[i])
                *slot_of(slots, room, pending->slots[i]->row) = pending->slots[i];
        pending->slots = slots;
        pending->room = room;
    }
    entry *e = rota__arena_alloc(&pending->arena, 1, (int64_t)sizeof *e);
    if (!e) return NULL;
    e->row = row;
    *slot_of(pending->slots, pending->room, row) = e;
    pending->count++;
    return e;
}

/* --- what is written --- */

/* The base belongs to the entry from here on. */
static void set_base(entry *e, rota__timeline *base)
{
    e->base = base;
    e->view.resource = base->resource;
    e->view.tree = base->tree;
    e->view.groups = base->groups;
    e->view.group_count = base->group_count;
    e->view.members = base->members;
    e->view.member_count = base->member_count;
    e->view.recurring = base->recurring;
    e->view.recurring_count = base->recurring_count;
    e->view.base = base;
    e->view.delta = &e->delta;
}

/* A guard of the batch was true when it was written: the stamp is one more now. */
static bool bump(rota__pending *pending, rota__looker *looker, const rota__guard *guard)
{
    entry *e = find(pending, guard->resource);
    if (!e) {
        if (!(e = add(pending, guard->resource))) return false;
        rota__timeline *base = rota__busy_pinned(looker, guard->resource);
        if (base && base->resource.stamp == guard->stamp) {
            rota__busy_keep(base);
            set_base(e, base);
        }
    }
    e->stamp = guard->stamp + 1;
    e->view.resource.stamp = e->stamp;
    return true;
}

/* Out of what was added in this turn, or else out of the tree. */
static bool take_out(rota__pending *pending, entry *e, int64_t booking)
{
    rota__delta *delta = &e->delta;
    for (int64_t i = 0; i < delta->added.count; i++) {
        if (delta->added.items[i].booking != booking) continue;
        delta->added.items[i] = delta->added.items[--delta->added.count];
        return true;
    }
    int64_t *row = ROTA__PUSH(&pending->arena, &delta->removed);
    if (row) *row = booking;
    return row != NULL;
}

/* The same of a series. */
static bool take_out_recurring(rota__pending *pending, entry *e, int64_t booking)
{
    rota__delta *delta = &e->delta;
    for (int64_t i = 0; i < delta->recurring.count; i++) {
        if (delta->recurring.items[i].taken.booking != booking) continue;
        delta->recurring.items[i] = delta->recurring.items[--delta->recurring.count];
        return true;
    }
    int64_t *row = ROTA__PUSH(&pending->arena, &delta->removed);
    if (row) *row = booking;
    return row != NULL;
}

static bool add_recurring(rota__pending *pending, entry *e, const rota__booking *booking,
                          const rota__claim *claim)
{
    rota__recurring *added = ROTA__PUSH(&pending->arena, &e->delta.recurring);
    if (!added) return false;
    *added = rota__busy_recurring(booking, claim);
    added->series = rota__series_copy_for(&pending->arena, claim->resource, added->series,
                                          &added->series_size);
    return added->series != NULL;
}

static bool follow(rota__pending *pending, const rota__booking *booking, bool put)
{
    if (booking->row == 0 || !rota__status_occupies(booking->status)) return true;
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        entry *e = find(pending, claim->resource);
        if (!e || !e->base || !rota__claim_blocks(claim)) continue;
        if (booking->series) {
            bool done = put ? add_recurring(pending, e, booking, claim)
                            : take_out_recurring(pending, e, booking->row);
            if (!done) return false;
            continue;
        }
        if (!put) {
            if (!take_out(pending, e, booking->row)) return false;
            continue;
        }
        rota__interval *added = ROTA__PUSH(&pending->arena, &e->delta.added);
        if (!added) return false;
        *added = rota__busy_interval(booking, claim);
    }
    return true;
}

bool rota__pending_add(rota__pending *pending, rota__looker *looker, const rota__batch *batch,
                       const rota__booking *before)
{
    bool known = true;
    for (int64_t i = 0; i < batch->guards.count && known; i++)
        if (batch->guards.items[i].bump) known = bump(pending, looker, &batch->guards.items[i]);
    for (int64_t i = 0; i < batch->bookings.count && known; i++)
        known = follow(pending, &before[i], false);
    for (int64_t i = 0; i < batch->bookings.count && known; i++)
        known = follow(pending, &batch->bookings.items[i], true);
    return known;
}

/* --- looking --- */

int rota__pending_get(rota__pending *pending, rota__looker *looker, rota__env *env, int64_t row,
                      rota__timeline **out, bool *fresh)
{
    entry *e = find(pending, row);
    if (!e) return rota__busy_get(looker, env, row, out, fresh);
    *fresh = !rota__busy_pinned(looker, row);
    if (!e->base) { /* what the turn has written is in what is read here */
        rota__timeline *base;
        int rc = rota__busy_read(looker, env, row, &base);
        if (rc != ROTA_OK) return rc;
        set_base(e, base);
    }
    if (*fresh && !rota__busy_pin_own(looker, &e->view))
        return rota__error_plain(env->error, ROTA_ENOMEM);
    *out = &e->view;
    return ROTA_OK;
}

int rota__pending_stamp(rota__pending *pending, rota__looker *looker, rota__env *env, int64_t row,
                        int64_t *stamp)
{
    const entry *e = find(pending, row);
    if (!e) return rota__busy_stamp(looker, env, row, stamp);
    *stamp = e->stamp;
    return ROTA_OK;
}
