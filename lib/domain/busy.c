#include "domain/busy.h"

#include "base/id.h"

enum { FIRST_SLOTS = 64 };

void rota__busy_init(struct rota__busy *busy, rota__mem *mem, rota__store *store)
{
    memset(busy, 0, sizeof *busy);
    busy->mem = mem;
    busy->store = store;
    busy->epoch = 1;
}

static void timeline_free(struct rota__busy *busy, rota__timeline *t)
{
    rota__itree_free(&t->tree);
    rota__arena_free(&t->arena);
    rota__mem_free(busy->mem, t);
}

void rota__busy_free(struct rota__busy *busy)
{
    for (int64_t i = 0; i < busy->slot_count; i++)
        for (rota__timeline *t = busy->slots[i], *next; t; t = next) {
            next = t->next;
            timeline_free(busy, t);
        }
    rota__mem_free(busy->mem, busy->slots);
    busy->slots = NULL;
    busy->slot_count = busy->count = 0;
}

/* --- a hash table by row: rows are small and dense, so the row is its own hash --- */

static rota__timeline **slot_of(const struct rota__busy *busy, int64_t row)
{
    return &busy->slots[(uint64_t)row & (uint64_t)(busy->slot_count - 1)];
}

static rota__timeline *find(const struct rota__busy *busy, int64_t row)
{
    if (busy->slot_count == 0) return NULL;
    rota__timeline *t = *slot_of(busy, row);
    while (t && t->resource.row != row)
        t = t->next;
    return t;
}

static bool make_room(struct rota__busy *busy)
{
    if (busy->count < busy->slot_count) return true;
    struct rota__busy grown = *busy;
    grown.slot_count = busy->slot_count ? busy->slot_count * 2 : FIRST_SLOTS;
    grown.slots = rota__mem_alloc(busy->mem, grown.slot_count, (int64_t)sizeof(*grown.slots));
    if (!grown.slots) return false;
    memset(grown.slots, 0, (size_t)grown.slot_count * sizeof(*grown.slots));

    for (int64_t i = 0; i < busy->slot_count; i++)
        for (rota__timeline *t = busy->slots[i], *next; t; t = next) {
            next = t->next;
            rota__timeline **slot = slot_of(&grown, t->resource.row);
            t->next = *slot;
            *slot = t;
        }
    rota__mem_free(busy->mem, busy->slots);
    *busy = grown;
    return true;
}

static void drop(struct rota__busy *busy, int64_t row)
{
    if (busy->slot_count == 0) return;
    rota__timeline **at = slot_of(busy, row);
    while (*at && (*at)->resource.row != row)
        at = &(*at)->next;
    rota__timeline *t = *at;
    if (!t) return;
    *at = t->next;
    busy->count--;
    timeline_free(busy, t);
}

/* --- reading --- */

int rota__busy_refresh(struct rota__busy *busy, rota__env *env, bool *moved)
{
    uint64_t token;
    int rc = busy->store->ops->changed(busy->store, env, &token);
    if (rc != ROTA_OK) return rc;
    if (moved) *moved = token != busy->token;
    if (token != busy->token) {
        busy->token = token;
        busy->epoch++;
    }
    return ROTA_OK;
}

void rota__busy_doubt(struct rota__busy *busy)
{
    busy->epoch++;
}

static int build(rota__timeline *t, const rota__timeline_rows *rows, rota__arena *arena)
{
    rota__interval *intervals = rota__arena_alloc(arena, rows->interval_count,
                                                  (int64_t)sizeof *intervals);
    if (!intervals) return ROTA_ENOMEM;
    for (int64_t i = 0; i < rows->interval_count; i++) {
        intervals[i].span = rows->intervals[i].when;
        intervals[i].booking = rows->intervals[i].booking;
        intervals[i].expires = rows->intervals[i].expires;
        intervals[i].units = rows->intervals[i].units;
    }
    return rota__itree_build(&t->tree, intervals, rows->interval_count);
}

/* Keep what a timeline needs of its resource: the texts that messages and
 * conflict rows show, and who belongs to whom. */
static int adopt(rota__timeline *t, const rota__timeline_rows *rows)
{
    t->resource = rows->resource;
    t->resource.name = rota__arena_text(&t->arena, rows->resource.name, -1);
    t->resource.ref = rota__arena_text(&t->arena, rows->resource.ref, -1);
    t->resource.kind = t->resource.zone = t->resource.data = NULL;
    t->resource.tags = NULL;
    t->resource.tag_count = 0;
    t->group_count = rows->group_count;
    t->member_count = rows->member_count;
    t->groups = rota__arena_copy(&t->arena, rows->groups,
                                 rows->group_count * (int64_t)sizeof *t->groups);
    t->members = rota__arena_copy(&t->arena, rows->members,
                                  rows->member_count * (int64_t)sizeof *t->members);
    bool kept = t->resource.name && (t->resource.ref || !rows->resource.ref) &&
                (t->groups || rows->group_count == 0) && (t->members || rows->member_count == 0);
    return kept ? ROTA_OK : ROTA_ENOMEM;
}

static int load_rows(struct rota__busy *busy, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__timeline_rows rows;
    int rc = busy->store->ops->timeline(busy->store, env, row, &rows);
    if (rc != ROTA_OK) return rc;
    busy->loads++;

    rota__timeline *t = rota__mem_alloc(busy->mem, 1, (int64_t)sizeof *t);
    if (!t) return rota__error_plain(env->error, ROTA_ENOMEM);
    memset(t, 0, sizeof *t);
    rota__arena_init(&t->arena, busy->mem);
    rota__itree_init(&t->tree, busy->mem);
    if (!make_room(busy) || adopt(t, &rows) != ROTA_OK || build(t, &rows, env->arena) != ROTA_OK) {
        timeline_free(busy, t);
        return rota__error_plain(env->error, ROTA_ENOMEM);
    }
    t->epoch = busy->epoch;
    rota__timeline **slot = slot_of(busy, row);
    t->next = *slot;
    *slot = t;
    busy->count++;
    *out = t;
    return ROTA_OK;
}

/* The rows are needed only here: a result that the host keeps must not hold them. */
static int load(struct rota__busy *busy, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__arena own;
    rota__env scratch = { .arena = &own, .error = env->error };
    rota__arena_init(&own, busy->mem);
    int rc = load_rows(busy, &scratch, row, out);
    rota__arena_free(&own);
    return rc;
}

int rota__busy_get(struct rota__busy *busy, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__timeline *t = find(busy, row);
    if (t && t->epoch == busy->epoch) {
        *out = t;
        return ROTA_OK;
    }
    if (t) {
        int64_t stamp;
        int rc = busy->store->ops->stamp(busy->store, env, row, &stamp);
        if (rc != ROTA_OK) return rc;
        if (stamp == t->resource.stamp) {
            t->epoch = busy->epoch;
            *out = t;
            return ROTA_OK;
        }
        drop(busy, row);
    }
    return load(busy, env, row, out);
}

int rota__busy_stamp(struct rota__busy *busy, rota__env *env, int64_t row, int64_t *stamp)
{
    const rota__timeline *t = find(busy, row);
    if (t && t->epoch == busy->epoch) {
        *stamp = t->resource.stamp;
        return ROTA_OK;
    }
    return busy->store->ops->stamp(busy->store, env, row, stamp);
}

/* --- following a commit --- */

/* Take a booking's claims out of, or put them into, the timelines that are kept.
 * A tree that cannot follow is dropped with its timeline. */
static void follow(struct rota__busy *busy, const rota__booking *booking, bool put)
{
    if (booking->row == 0 || !rota__status_occupies(booking->status)) return;
    for (int64_t i = 0; i < booking->claim_count; i++) {
        const rota__claim *claim = &booking->claims[i];
        rota__timeline *t = find(busy, claim->resource);
        if (!t || !rota__claim_blocks(claim)) continue;
        bool followed;
        if (put) {
            rota__interval interval = {
                .span = booking->when,
                .booking = booking->row,
                .expires = booking->status == ROTA_BOOKING_HELD ? booking->hold_expires : 0,
                .units = claim->units,
            };
            followed = rota__itree_insert(&t->tree, &interval) == ROTA_OK;
        } else {
            followed = rota__itree_remove(&t->tree, booking->when, booking->row);
        }
        if (!followed) drop(busy, claim->resource);
    }
}

void rota__busy_apply(struct rota__busy *busy, const rota__batch *batch,
                      const rota__booking *before)
{
    for (int64_t i = 0; i < batch->guards.count; i++) {
        const rota__guard *guard = &batch->guards.items[i];
        rota__timeline *t = guard->bump ? find(busy, guard->resource) : NULL;
        if (!t) continue;
        if (t->resource.stamp == guard->stamp)
            t->resource.stamp++;
        else
            drop(busy, guard->resource);
    }
    for (int64_t i = 0; i < batch->resources.count; i++)
        drop(busy, batch->resources.items[i].row);
    for (int64_t i = 0; i < batch->members_put.count; i++) {
        drop(busy, batch->members_put.items[i].group);
        drop(busy, batch->members_put.items[i].member);
    }
    for (int64_t i = 0; i < batch->members_dropped.count; i++) {
        drop(busy, batch->members_dropped.items[i].group);
        drop(busy, batch->members_dropped.items[i].member);
    }
    for (int64_t i = 0; i < batch->bookings.count; i++)
        follow(busy, &before[i], false);
    for (int64_t i = 0; i < batch->bookings.count; i++)
        follow(busy, &batch->bookings.items[i], true);
}
